using System.Text.Json;
using ForgePrune.Pipeline.Stages;

namespace ForgePrune.Pipeline.Report;

/// <summary>What a finished run's folder tells beside its summary.</summary>
/// <param name="SearchCurve">KL of evolution's best plan at its start and after each generation, nats per token; null without evolution.</param>
/// <param name="Samples">How both models go on from the same beginnings; null where the model has no tokenizer.</param>
public sealed record RunTrace(IReadOnlyList<double>? SearchCurve, IReadOnlyList<TextSample>? Samples)
{
    public static RunTrace Read(string folder)
    {
        // A run that missed its speed searched again: the last plan is the one that was written.
        var plan = Enumerable.Range(1, 99).Select(attempt => Path.Combine(folder, $"search-{attempt}", "plan.json")).TakeWhile(File.Exists).LastOrDefault();
        var samples = Path.Combine(folder, "samples", "samples.json");
        return new RunTrace(
            plan is null ? null : JsonSerializer.Deserialize(File.ReadAllBytes(plan), PipelineJson.Default.PlanFile)!.Curve,
            File.Exists(samples) ? JsonSerializer.Deserialize(File.ReadAllBytes(samples), PipelineJson.Default.SampleFile)!.Samples : null);
    }
}
