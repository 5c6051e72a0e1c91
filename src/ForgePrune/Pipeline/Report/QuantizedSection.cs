using ForgePrune.Pipeline.Summary;
using ForgePrune.Quantization;
using ForgePrune.Reports;

namespace ForgePrune.Pipeline.Report;

/// <summary>The quantised file beside the dense and the pruned one.</summary>
internal static class QuantizedSection
{
    public static void Write(ReportPage page, RunSummary summary)
    {
        if (summary.Quantized is not { } quantized)
            return;
        var name = $"int{quantized.Bits}, {quantized.Method}";
        page.Section("Quantised", $"The pruned model with its projections in {quantized.Bits} bits ({quantized.Method}, blocks of {quantized.Block}, "
            + $"accuracy level {quantized.AccuracyLevel}: {Rounding(quantized)}). Times as fast as the dense model, 95 % interval; all files ran in turn.");
        page.Table(new ReportTable("Files", ["", "weight bytes", "perplexity", "KL", "decode", "prefill"],
        [
            ["dense", Format.Count(summary.Bytes.Before), RunReport.Number(summary.Perplexity.Dense), "0", "1", "1"],
            ["pruned", Format.Count(summary.Bytes.After), RunReport.Number(summary.Perplexity.Pruned), Format.Number(summary.Kl),
                Speed(summary.Speedup?.Decode), Speed(summary.Speedup?.Prefill)],
            [name, Format.Count(quantized.Bytes), quantized.Perplexity is { } perplexity ? RunReport.Number(perplexity) : "–",
                quantized.Kl is { } kl ? Format.Number(kl) : "–",
                Speed(quantized.Speedup?.Decode), Speed(quantized.Speedup?.Prefill)],
            [$"{name}, activations not rounded", "", quantized.ExactPerplexity is { } exact ? RunReport.Number(exact) : "–", "", "", ""],
        ]));
    }

    private static string Rounding(QuantizedSummary quantized) => quantized.AccuracyLevel == ModelQuantization.RoundedLevel
        ? "the runtime rounds activations to 8 bits, block by block" : "activations stay as they are";

    private static Cell Speed(RatioSummary? ratio) =>
        ratio is null ? "–" : $"{Format.Ratio(ratio.Measured)} ({Format.Ratio(ratio.Low)} to {Format.Ratio(ratio.High)})";
}
