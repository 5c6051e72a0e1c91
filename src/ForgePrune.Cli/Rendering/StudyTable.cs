using ForgePrune.IO;
using ForgePrune.Methods.TrainLarge;
using ForgePrune.Reports;
using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

/// <summary>A study in eighty columns: what was trained, then everything that was made of it.</summary>
internal static class StudyTable
{
    public static void Show(IAnsiConsole console, StudyFigures figures, string path)
    {
        var sizes = new Table().Border(TableBorder.Simple).AddColumn("size")
            .AddColumn("layers", Right).AddColumn("heads", Right).AddColumn("FFN", Right).AddColumn("weights", Right).AddColumn("parameters", Right);
        foreach (var size in figures.Sizes)
        {
            sizes.AddRow(
                Name(size.Size), $"{size.Layers}", $"{size.Heads}", $"{size.Ffn}", Format.Count(size.Prunable), Format.Count(size.Parameters));
        }

        console.Write(sizes);
        var rows = new Table().Border(TableBorder.Simple)
            .AddColumn("size").AddColumn("form", column => column.NoWrap()).AddColumn("bytes", Right)
            .AddColumn("perplexity", Right).AddColumn("KL", Right).AddColumn("tokens", Right).AddColumn("computing", Right);
        foreach (var row in figures.Rows)
        {
            rows.AddRow(
                row.Form == "trained" ? Name(row.Size) : "", row.Form, Bytes.Show(row.Bytes), Format.Number(row.Perplexity, "0.000"),
                row.Kl is { } kl ? Format.Number(kl) : "–", Format.Count(row.TrainedTokens + row.DistilledTokens),
                    Format.Share((double)row.Flops / figures.Flops));
        }

        console.Write(rows);
        console.WriteLine(FormattableString.Invariant($"computing: share of {figures.Flops:0.00e+0} floating-point operations of training"));
        console.WriteLine($"perplexity and KL (to the trained model) on {Format.Count(figures.HeldOutTokens)} held-out predictions");
        console.WriteLine($"written to {path}");
    }

    private static string Name(int size) => $"{size}x";

    private static void Right(TableColumn column) => column.RightAligned();
}
