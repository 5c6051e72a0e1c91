using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using ForgePrune.Cli.Engine;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Kernels.Gpu;
using ForgePrune.Onnx.Providers;

namespace ForgePrune.Cli.Verbs;

/// <summary>Something that is not there, and what to do about it.</summary>
/// <param name="Needed">The main job fails without it.</param>
internal sealed record Missing(string What, string Cure, bool Needed);

/// <summary>The machine as the tool sees it.</summary>
/// <param name="Gpu">What CUDA and OpenCL list.</param>
/// <param name="Serving">What serving on a GPU needs.</param>
internal sealed record DoctorReport(
    string ForgePrune, string System, string Processor, int Cores, IReadOnlyList<string> Simd, string Kernels, long MemoryBytes, long FreeDiskBytes,
        string DotNet,
    RuntimeFacts Runtime, IReadOnlyList<GpuApi> Gpu, IReadOnlyList<ServingRow> Serving, string? Node, string? DefaultModel, IReadOnlyList<Missing> Missing)
{
    public static DoctorReport Make(RuntimeFacts runtime, IReadOnlyList<GpuApi> gpu, IReadOnlyList<GpuUse>? use)
    {
        var node = Tool.Version("node");
        var model = Cli.DefaultModel.Find();
        var missing = new List<Missing>();
        if (runtime.OnnxRuntime is null)
            missing.Add(new Missing($"ONNX Runtime ({runtime.Fault})", "build again, which restores it from NuGet", Needed: true));
        if (!runtime.GenAi)
            missing.Add(new Missing("ONNX Runtime GenAI", "build again, which restores it from NuGet; needed only to check exports in GenAI", Needed: false));
        if (runtime is { HasCuda: true, Cuda.Missing.Count: > 0 })
        {
            missing.Add(new Missing($"{string.Join(", ", runtime.Cuda.Missing)} for ONNX Runtime's CUDA provider",
                $"{CudaLibraries.Cure}; needed only to serve on a GPU", Needed: false));
        }

        if (model is null)
            missing.Add(new Missing("the default model", "run eng/setup.sh in the repository; needed only by 'forgeprune demo'", Needed: false));
        if (node is null)
            missing.Add(new Missing("Node.js", "install Node.js with npm; needed only by set-up and the tests", Needed: false));
        return new DoctorReport(
            typeof(Program).Assembly.GetName().Version!.ToString(3), $"{RuntimeInformation.OSDescription} ({RuntimeInformation.OSArchitecture})",
            Tool.Processor(), Environment.ProcessorCount, SimdSets(), Implementations.Current.Name, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
                FreeDisk.At("."),
            RuntimeInformation.FrameworkDescription, runtime, gpu, ServingRows.Of(runtime, gpu[0], use), node, model, missing);
    }

    private static List<string> SimdSets()
    {
        (string Name, bool There)[] sets =
        [
            ("SSE4.2", Sse42.IsSupported), ("AVX", Avx.IsSupported), ("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported),
            ("AVX-512F", Avx512F.IsSupported), ("AVX-512BW", Avx512BW.IsSupported), ("AVX-512VBMI", Avx512Vbmi.IsSupported),
            ("NEON", AdvSimd.IsSupported), ("DotProd", Dp.IsSupported),
        ];
        return [.. sets.Where(set => set.There).Select(set => set.Name)];
    }
}
