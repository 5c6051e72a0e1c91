using ForgePrune.Pipeline.Stages;

namespace ForgePrune.Pipeline.Report;

/// <summary>What a finished run's folder tells beside its summary.</summary>
/// <param name="SearchCurve">KL of evolution's best plan at its start and after each generation, nats per token; null without evolution.</param>
/// <param name="Samples">How both models go on from the same beginnings; null where the model has no tokenizer.</param>
public sealed record RunTrace(IReadOnlyList<double>? SearchCurve, IReadOnlyList<TextSample>? Samples)
{
    /// <summary>Reads the folder of a finished run.</summary>
    public static RunTrace Read(string folder)
    {
        // A run that missed its speed searched again: the last plan is the one that was written.
        var plan = Enumerable.Range(1, 99).Select(attempt => PlanFile.Json.Find(Path.Combine(folder, SearchStage.NameOf(attempt))))
            .TakeWhile(found => found is not null).LastOrDefault();
        return new RunTrace(plan?.Curve, SampleFile.Json.Find(Path.Combine(folder, SampleStage.Name))?.Samples);
    }
}
