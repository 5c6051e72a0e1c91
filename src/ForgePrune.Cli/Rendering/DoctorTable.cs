using ForgePrune.Cli.Verbs;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Onnx.Providers;
using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

internal static class DoctorTable
{
    private const string None = "no CUDA provider in this build; eng/setup.sh --gpu or the tool forgeprune-gpu brings it";

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
            ("serving on a GPU", report.Runtime.OnnxRuntime is null ? null : Serving(report.Runtime.Cuda)),
            .. GpuTable.Facts(report.Gpu),
            ("GenAI", report.Runtime.GenAi ? "present" : "missing"),
            ("Node.js", report.Node ?? "missing"),
            ("default model", report.DefaultModel ?? "missing"),
        ]);
        foreach (var missing in report.Missing)
            console.WriteLine($"missing: {missing.What}; {missing.Cure}");
        console.WriteLine(report.Missing.Any(missing => missing.Needed) ? "Not ready." : "Ready.");
    }

    private static string Serving(CudaLibraries? cuda) => cuda is null ? None
        : cuda.Missing.Count > 0 ? $"CUDA provider, without {string.Join(", ", cuda.Missing)}"
        : $"CUDA provider, with {string.Join(", ", cuda.Found.Values)}";
}
