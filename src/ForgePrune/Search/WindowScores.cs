using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Search;

/// <summary>KL per window on a fixed set of windows, so that plans are always compared on the same text.</summary>
/// <param name="evaluator">Measures the divergence of plans.</param>
/// <param name="windows">The windows.</param>
/// <param name="progress">Receives the share of each measurement that is done, from 0 to 1.</param>
public sealed class WindowScores(IPlanEvaluator evaluator, TokenWindows windows, IProgress<double>? progress = null)
{
    /// <summary>The number of windows.</summary>
    public int Count => windows.Count;

    /// <summary>The same windows with another evaluator.</summary>
    public WindowScores By(IPlanEvaluator other) => new(other, windows, progress);

    /// <summary>The same, told to someone else.</summary>
    internal WindowScores Telling(IProgress<double> listener) => new(evaluator, windows, listener);

    /// <summary>Measures plans on a range of windows.</summary>
    /// <param name="plans">The plans.</param>
    /// <param name="from">The first window.</param>
    /// <param name="to">The window after the last one.</param>
    /// <returns>result[plan][window − from]: the mean KL(dense ‖ pruned) in nats per token.</returns>
    public double[][] Measure(IReadOnlyList<Plan> plans, int from, int to)
    {
        if (plans.Count == 0 || from == to)
            return [.. plans.Select(_ => Array.Empty<double>())];
        return evaluator.Kl(plans, from == 0 && to == windows.Count ? windows : windows.Slice(from, to - from), progress);
    }
}
