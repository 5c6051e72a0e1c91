using ForgePrune.Kernels;
using ForgePrune.Memory;

namespace ForgePrune.Levels;

/// <summary>Chooses the order in which FFN channels are removed.</summary>
internal static class ChannelSelection
{
    /// <exception cref="NotPositiveDefiniteException">More damping is needed.</exception>
    public static ChannelLevels Run(LevelProblem problem, IPruningDevice device)
    {
        var cols = problem.Hessian.Cols;
        var (removal, scores) = device.Order(problem.Hessian.Values, cols, problem.Weights, problem.Rows, problem.Hessian.Dead);

        // The running sum of the scores is the exact loss curve: each refit is the best one for its kept set.
        var losses = new double[cols + 1];
        for (var removed = 1; removed <= cols; removed++)
            losses[cols - removed] = losses[cols - removed + 1] + scores[removed - 1] / 2;
        var order = new ChannelOrder(removal);
        var levels = new ChannelLevels(order, losses, problem.Damping);
        if (problem.Validation is not { } validation)
            return levels;
        LargeArrays.Settle();
        var factor = problem.Factor(order.SurvivorsFirst(), device.Threads);
        var (unseen, half) = (validation.Losses(factor), cols / 2);
        return levels with { Validation = unseen, Gap = half == 0 ? null : problem.Gap(factor, half, losses[half], unseen[half]) };
    }
}
