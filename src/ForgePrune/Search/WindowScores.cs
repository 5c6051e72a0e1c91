using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Search;

/// <summary>KL per window on a fixed set of windows, so that plans are always compared on the same text.</summary>
/// <param name="progress">Told the share of each measurement that is done.</param>
public sealed class WindowScores(IPlanEvaluator evaluator, TokenWindows windows, IProgress<double>? progress = null)
{
    public int Count => windows.Count;

    /// <summary>The same windows, measured by another.</summary>
    public WindowScores By(IPlanEvaluator other) => new(other, windows, progress);

    /// <summary>result[plan][window - from] for windows from..to.</summary>
    public double[][] Measure(IReadOnlyList<Plan> plans, int from, int to)
    {
        if (plans.Count == 0 || from == to)
            return [.. plans.Select(_ => Array.Empty<double>())];
        return evaluator.Kl(plans, from == 0 && to == windows.Count ? windows : windows.Slice(from, to - from), progress);
    }
}
