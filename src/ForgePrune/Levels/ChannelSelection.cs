using ForgePrune.Kernels;

namespace ForgePrune.Levels;

/// <summary>Chooses the order in which FFN channels are removed.</summary>
internal static class ChannelSelection
{
    /// <exception cref="NotPositiveDefiniteException">More damping is needed.</exception>
    public static ChannelLevels Run(Hessian hessian, ReadOnlySpan<double> weights, int rows, Damping damping, IPruningDevice device)
    {
        var cols = hessian.Cols;
        var (order, scores) = device.Order(hessian.Values, cols, weights, rows, hessian.Dead);

        // The running sum of the scores is the exact loss curve: each refit is the best one for its kept set.
        var losses = new double[cols + 1];
        for (var removed = 1; removed <= cols; removed++)
            losses[cols - removed] = losses[cols - removed + 1] + scores[removed - 1] / 2;
        return new ChannelLevels(new ChannelOrder(order), losses, damping);
    }
}
