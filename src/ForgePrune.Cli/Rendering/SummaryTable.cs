using ForgePrune.Runs;
using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

/// <summary>The end of a run: what it cost and what it gave.</summary>
internal static class SummaryTable
{
    public static void Show(IAnsiConsole console, RunSummary summary, string folder)
    {
        LayerTable.Show(console, [.. summary.Layers.Select(layer => (layer.KvGroups, layer.QueryHeads, layer.Ffn))]);
        var table = new Table().Border(TableBorder.Simple).AddColumn("").AddColumn("dense", Right).AddColumn("pruned", Right).AddColumn("", Right);
        table.AddRow("parameters", Format.Count(summary.Parameters.Before), Format.Count(summary.Parameters.After), Kept(summary.Parameters));
        table.AddRow("bytes", Bytes.Show(summary.Bytes.Before), Bytes.Show(summary.Bytes.After), Kept(summary.Bytes));
        table.AddRow("perplexity", Format.Number(summary.Perplexity.Dense, "0.000"), Format.Number(summary.Perplexity.Pruned, "0.000"), "");
        table.AddRow("KL, nats per token", "", Format.Number(summary.Kl), "");
        console.Write(table);
        var speed = new Table().Border(TableBorder.Simple)
            .AddColumn("speed-up").AddColumn("measured", Right).AddColumn("95 % interval", Right).AddColumn("predicted", Right);
        if (summary.Speedup is { } speedup)
        {
            Row(speed, "prefill", speedup.Prefill);
            Row(speed, "decode", speedup.Decode);
            console.Write(speed);
        }
        console.WriteLine($"written to {folder} in {Format.Seconds(summary.Seconds.Values.Sum())} of work");
    }

    private static void Row(Table table, string phase, RatioSummary ratio) =>
        table.AddRow(phase, Format.Ratio(ratio.Measured), $"{Format.Ratio(ratio.Low)} to {Format.Ratio(ratio.High)}", ratio.Predicted is { } predicted ? Format.Ratio(predicted) : "–");

    private static string Kept(BeforeAfter count) => Format.Share((double)count.After / count.Before);

    private static void Right(TableColumn column) => column.RightAligned();
}
