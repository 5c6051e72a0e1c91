using ForgePrune.Cli.Verbs;
using ForgePrune.IO;
using ForgePrune.Kernels;
using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

internal static class DoctorTable
{
    public static void Show(IAnsiConsole console, DoctorReport report)
    {
        Facts.Show(console,
        [
            ("forgeprune", report.ForgePrune),
            ("system", report.System),
            ("processor", $"{report.Processor}, {report.Cores} cores"),
            ("SIMD", report.Simd.Count > 0 ? string.Join(", ", report.Simd) : "none known"),
            ("kernels", $"{report.Kernels} ({Implementations.Variable} forces {string.Join(", ", Implementations.All.Where(one => one.IsSupported))})"),
            ("memory", Bytes.Show(report.MemoryBytes)),
            ("free disk here", Bytes.Show(report.FreeDiskBytes)),
            (".NET", report.DotNet),
            ("ONNX Runtime", report.Runtime.OnnxRuntime ?? "missing"),
            ("providers", report.Runtime.Providers.Count > 0 ? string.Join(", ", report.Runtime.Providers) : null),
            .. report.Serving.Select((row, number) => (number == 0 ? "serving on a GPU" : "", (string?)Line(row))),
            .. GpuTable.Facts(report.Gpu),
            ("GenAI", report.Runtime.GenAi ? "present" : "missing"),
            ("Node.js", report.Node ?? "missing"),
            ("default model", report.DefaultModel ?? "missing"),
        ]);
        foreach (var missing in report.Missing)
            console.WriteLine($"missing: {missing.What}; {missing.Cure}");
        console.WriteLine(report.Missing.Any(missing => missing.Needed) ? "Not ready." : "Ready.");
    }

    private static string Line(ServingRow row) => $"{row.Name}: {row.Found}{(row.Cure is null ? "" : $"; {row.Cure}")}";
}
