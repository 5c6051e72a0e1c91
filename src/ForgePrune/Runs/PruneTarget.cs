using System.Globalization;
using ForgePrune.Errors;

namespace ForgePrune.Runs;

/// <summary>How small or how fast: a speed-up of at least <paramref name="Value"/> for times, a kept share of at most it for sizes.</summary>
public sealed record PruneTarget(PruneMetric Metric, double Value)
{
    // Beyond these a target is a slip of the pen; the search says itself what a model cannot reach.
    private const double LargestSpeedup = 100, SmallestShare = 0.01;

    public bool IsSpeedup => Metric is PruneMetric.Prefill or PruneMetric.Decode or PruneMetric.Mix;

    /// <summary>Reads "1.5x" (a speed-up) or "0.5" (the share kept). Without a metric a speed-up means decode and a share means prunable.</summary>
    public static PruneTarget Parse(string target, PruneMetric? metric)
    {
        var speedup = target.EndsWith('x');
        if (!double.TryParse(speedup ? target[..^1] : target, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            throw new BadInputException($"--target '{target}' is neither a speed-up such as 1.5x nor a kept share such as 0.5");
        var result = new PruneTarget(metric ?? (speedup ? PruneMetric.Decode : PruneMetric.Prunable), value);
        if (speedup != result.IsSpeedup)
        {
            var name = result.Metric.ToString().ToLowerInvariant();
            throw new BadInputException(speedup
                ? $"--target {target} is a speed-up but --metric {name} counts size; give the share to keep, such as 0.5"
                : $"--target {target} is a share but --metric {name} counts time; give a speed-up, such as 1.5x");
        }

        if (speedup && !(value is > 1 and <= LargestSpeedup))
            throw new BadInputException($"--target {target} is out of range: a speed-up lies above 1x and at most at {LargestSpeedup}x");
        if (!speedup && !(value is >= SmallestShare and < 1))
            throw new BadInputException($"--target {target} is out of range: a kept share lies from {Text(SmallestShare)} to below 1");
        return result;
    }

    public override string ToString() => $"{Metric.ToString().ToLowerInvariant()} {Text(Value)}{(IsSpeedup ? "x" : "")}";

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
