using ForgePrune.Cli.Engine;
using ForgePrune.IO;
using ForgePrune.Reports;
using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

internal static class KernelTable
{
    public static void Show(IAnsiConsole console, IReadOnlyList<KernelFacts> kernels) =>
        Facts.Show(console, kernels.Select(kernel => (kernel.Name, (string?)kernel.Purpose)));

    public static void Show(IAnsiConsole console, KernelExportFigures figures) => Facts.Show(console,
    [
        ("folder", figures.Folder),
        ("target", figures.Target),
        ("compiler", figures.Compiler),
        ("kernels", Format.Count(figures.Kernels)),
        ("bytes", Bytes.Show(figures.Bytes)),
        ("files", string.Join(", ", figures.Files)),
    ]);
}
