using ForgePrune.Cli.Engine;
using ForgePrune.Reports;
using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

internal static class BenchTable
{
    public static void Show(IAnsiConsole console, BenchFigures figures)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumn("").AddColumn("time", Right).AddColumn("95 % interval", Right).AddColumn("tokens/s", Right);
        Rows(table, "prefill", figures.Prefill);
        Rows(table, "decode step", figures.Decode);
        console.Write(table);
        console.WriteLine(figures.Device);
    }

    private static void Rows(Table table, string phase, BenchPhase times)
    {
        Row(table, times.B is null ? phase : $"{phase} A", times.A);
        if (times.B is { } b)
            Row(table, $"{phase} B", b);
        if (times.Speedup is { } ratio)
            table.AddRow($"{phase} A / B", Format.Ratio(ratio.Value), $"{Format.Ratio(ratio.Low)} to {Format.Ratio(ratio.High)}", "");
    }

    private static void Row(Table table, string name, BenchTiming time) => table.AddRow(
        name, Format.Milliseconds(time.Seconds), $"{Format.Milliseconds(time.Low)} to {Format.Milliseconds(time.High)}",
            Format.Number(time.TokensPerSecond, "N0"));

    private static void Right(TableColumn column) => column.RightAligned();
}
