using ForgePrune.IO;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Reports;
using ForgePrune.Serving;
using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

/// <summary>The end of a run: what it cost and what it gave.</summary>
internal static class SummaryTable
{
    public static void Show(IAnsiConsole console, RunSummary summary, string folder)
    {
        LayerTable.Show(console, [.. summary.Layers.Select(layer => (layer.KvGroups, layer.QueryHeads, layer.Ffn, layer.Experts))]);
        var table = new Table().Border(TableBorder.Simple).AddColumn("").AddColumn("dense", Right).AddColumn("pruned", Right).AddColumn("", Right);
        table.AddRow("parameters", Format.Count(summary.Parameters.Before), Format.Count(summary.Parameters.After), Kept(summary.Parameters));
        table.AddRow("bytes", Bytes.Show(summary.Bytes.Before), Bytes.Show(summary.Bytes.After), Kept(summary.Bytes));
        table.AddRow("perplexity", Format.Number(summary.Perplexity.Dense, "0.000"), Format.Number(summary.Perplexity.Pruned, "0.000"), "");
        table.AddRow("KL, nats per token", "", Format.Number(summary.Kl), "");
        console.Write(table);
        if (summary.Polish is { } polish)
        {
            console.WriteLine($"polished on {Format.Count(polish.Tokens)} tokens: held-out KL {Format.Number(polish.KlBefore)} before, {Format.Number(polish.KlAfter)} after"
                + (polish.Kept ? "" : "; the model before it stays"));
        }

        if (summary.Recovery is { } recovery)
        {
            console.WriteLine($"recovery on {Format.Count(recovery.Tokens)} tokens: held-out KL {Format.Number(recovery.KlBefore)} before, {Format.Number(recovery.KlAfter)} after"
                + (recovery.Kept ? "" : "; the model before it is written"));
        }

        if (summary.Interleaved is { Stages: var stages } interleaved)
        {
            console.WriteLine($"{stages.Count} cuts and {Format.Count(interleaved.Tokens)} tokens in turn: held-out KL {Format.Number(stages[^1].KlCut)} after the last cut, "
                + $"{Format.Number(stages[^1].KlTrained)} after its training");
        }

        if (summary.Regularization is { Curve: var curve } regularization)
        {
            console.WriteLine($"cut after {Format.Count(regularization.Tokens)} tokens of regularization: held-out KL {Format.Number(curve[^1].KlBefore)} before it, "
                + $"{Format.Number(curve[^1].KlAfter)} after it ({Format.Number(curve[0].KlAfter)} without), {Format.Number(regularization.KlRefitted)} refitted");
        }

        var speed = new Table().Border(TableBorder.Simple)
            .AddColumn(summary.Provider == ServingProvider.Cpu.Name ? "speed-up" : $"speed-up, {summary.Provider}")
            .AddColumn("measured", Right).AddColumn("95 % interval", Right).AddColumn("predicted", Right);
        if (summary.Speedup is { } speedup)
        {
            Row(speed, "prefill", speedup.Prefill);
            Row(speed, "decode", speedup.Decode);
            console.Write(speed);
        }
        if (summary.Proposals is { } proposals)
            console.WriteLine($"proposals by {proposals}");
        if (summary.CandidateTraining is { } training)
            console.WriteLine(training == "none" ? "candidates were selected without training" : $"candidates were trained before selection: {training}");
        if (summary.Quantized is { } quantized)
            Show(console, quantized);
        if (summary.Gguf is { } gguf)
            console.WriteLine($"gguf: {gguf.Type}, written as {gguf.Architecture}, {Bytes.Show(gguf.Bytes)}");
        console.WriteLine($"written to {folder} in {Format.Seconds(summary.Seconds.Values.Sum())} of work");
    }

    private static void Show(IAnsiConsole console, QuantizedSummary quantized)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn(
                $"int{quantized.Bits}, {quantized.Method}, blocks of {quantized.Block}, accuracy level {quantized.AccuracyLevel}")
            .AddColumn("", Right);
        table.AddRow("bytes", Bytes.Show(quantized.Bytes));
        if (quantized.Perplexity is { } perplexity)
            table.AddRow("perplexity", Format.Number(perplexity, "0.000"));
        if (quantized.ExactPerplexity is { } exact)
            table.AddRow("perplexity, activations not rounded", Format.Number(exact, "0.000"));
        if (quantized.Kl is { } kl)
            table.AddRow("KL, nats per token", Format.Number(kl));
        Row("dense", quantized.Speedup);
        Row("pruned", quantized.OverPruned);
        console.Write(table);

        void Row(string than, SpeedupSummary? speed)
        {
            foreach (var (phase, ratio) in speed is null ? [] : new[] { ("prefill", speed.Prefill), ("decode", speed.Decode) })
                table.AddRow($"{phase}, times as fast as {than}", $"{Format.Ratio(ratio.Measured)} ({Format.Ratio(ratio.Low)} to {Format.Ratio(ratio.High)})");
        }
    }

    private static void Row(Table table, string phase, RatioSummary ratio) =>
        table.AddRow(phase, Format.Ratio(ratio.Measured), $"{Format.Ratio(ratio.Low)} to {Format.Ratio(ratio.High)}",
            ratio.Predicted is { } predicted ? Format.Ratio(predicted) : "–");

    private static string Kept(BeforeAfter count) => Format.Share((double)count.After / count.Before);

    private static void Right(TableColumn column) => column.RightAligned();
}
