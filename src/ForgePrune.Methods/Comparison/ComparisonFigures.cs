using ForgePrune.Pipeline.Summary;
using ForgePrune.Serving;

namespace ForgePrune.Methods.Comparison;

/// <summary>compare.json: every run, and what the runs of one method at one target give together.</summary>
/// <param name="DenseTasks">The dense model on the same tasks; null where none are asked for.</param>
/// <param name="Rows">One per method and target, in the order they were asked for.</param>
internal sealed record ComparisonFigures(
    string Model, long Parameters, IReadOnlyList<TaskFigures>? DenseTasks, IReadOnlyList<ComparisonRow> Rows, IReadOnlyList<ComparedRun> Runs);

/// <param name="Figures">By name: parameters, perplexity, kl, prefill, decode, seconds, tokens (of training), and "task metric" for each task. A figure that no
/// run has is missing.</param>
/// <param name="Fault">Why no run of this row has figures.</param>
internal sealed record ComparisonRow(string Method, string Target, IReadOnlyList<long> Seeds, IReadOnlyDictionary<string, Spread> Figures, string? Fault);

/// <param name="Folder">Of the run, inside the comparison's.</param>
/// <param name="Summary">Null where the target is out of the method's reach.</param>
/// <param name="Shortfall">Why the target is not met; null where it is.</param>
internal sealed record ComparedRun(
    string Method, string Target, long Seed, string Folder, RunSummary? Summary, string? Shortfall, IReadOnlyList<TaskFigures>? Tasks);

/// <summary>Mean over seeds.</summary>
/// <param name="Deviation">Sample standard deviation, with n − 1; null for one run.</param>
internal sealed record Spread(double Mean, double? Deviation, int Count)
{
    public static Spread Of(IReadOnlyCollection<double> values)
    {
        var mean = values.Average();
        return new Spread(mean, values.Count < 2 ? null : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1)), values.Count);
    }
}
