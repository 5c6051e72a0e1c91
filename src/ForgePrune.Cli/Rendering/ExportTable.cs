using ForgePrune.Cli.Engine;
using ForgePrune.IO;
using ForgePrune.Reports;
using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

internal static class ExportTable
{
    public static void Show(IAnsiConsole console, ExportFigures figures) => Facts.Show(console,
    [
        ("folder", figures.Folder),
        ("parameters", Format.Count(figures.Parameters)),
        ("bytes", Bytes.Show(figures.Bytes)),
        ("files", string.Join(", ", figures.Files)),
    ]);
}
