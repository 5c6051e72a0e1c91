using ForgePrune.Methods.Comparison;
using ForgePrune.Reports;
using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

/// <summary>The comparison in eighty columns: a table for each target, then one of tasks.</summary>
internal static class ComparisonTable
{
    public static void Show(IAnsiConsole console, ComparisonFigures figures, string page)
    {
        foreach (var target in figures.Rows.GroupBy(row => row.Target))
        {
            console.WriteLine($"target {target.Key}, mean ± deviation over seeds");
            var table = new Table().Border(TableBorder.Simple).AddColumn("method", column => column.NoWrap())
                .AddColumn("KL", Right).AddColumn("perplexity", Right).AddColumn("kept", Right).AddColumn("decode", Right).AddColumn("prefill", Right)
                    .AddColumn("seconds", Right);
            foreach (var row in target)
            {
                string Figure(string name, string format, string unit = "") => SpreadText.Of(row, name, format, unit, between: "\n");
                table.AddRow(row.Method, Figure(ComparisonRows.Kl, "0.0000"), Figure(ComparisonRows.Perplexity, "0.000"),
                    row.Figures.TryGetValue(ComparisonRows.Parameters, out var kept) ? Format.Share(kept.Mean / figures.Parameters) : "–",
                    Figure(ComparisonRows.Decode, "0.00", "x"), Figure(ComparisonRows.Prefill, "0.00", "x"), Figure(ComparisonRows.Seconds, "0"));
            }

            console.Write(table);
            foreach (var row in target.Where(row => row.Fault is not null))
                console.WriteLine($"{row.Method}: {row.Fault}");
            Tasks(console, figures, [.. target]);
        }

        console.WriteLine($"written to {page}");
    }

    private static void Tasks(IAnsiConsole console, ComparisonFigures figures, ComparisonRow[] rows)
    {
        if (figures.DenseTasks is not { } dense)
            return;
        var table = new Table().Border(TableBorder.Simple).AddColumn("task").AddColumn("method").AddColumn("value", Right);
        foreach (var (name, value) in dense.SelectMany(task => task.Metrics.Select(metric => ($"{task.Task} {metric.Key}", metric.Value.Value))))
        {
            table.AddRow(name, "dense", SpreadText.Number(value, "0.0000"));
            foreach (var row in rows)
                table.AddRow("", row.Method, SpreadText.Of(row, name, "0.0000"));
        }

        console.Write(table);
    }

    private static void Right(TableColumn column) => column.RightAligned();
}
