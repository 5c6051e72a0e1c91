using System.Globalization;
using ForgePrune.Cli.Engine;
using ForgePrune.IO;
using ForgePrune.Kernels.Gpu;
using ForgePrune.Onnx.Providers;

namespace ForgePrune.Cli.Verbs;

/// <summary>One condition of serving on a GPU.</summary>
/// <param name="Name">What is looked at.</param>
/// <param name="Ready">Whether it is as --provider cuda needs it, or has it to offer.</param>
/// <param name="Found">What was found.</param>
/// <param name="Cure">What to do about it; null where nothing is to be done.</param>
internal sealed record ServingRow(string Name, bool Ready, string Found, string? Cure = null);

/// <summary>What --provider cuda needs of a build and a machine, one thing after the other.</summary>
internal static class ServingRows
{
    private const string Rebuild = "take the build with it: eng/setup.sh --gpu in a clone, or the tool forgeprune-gpu";

    // The driver that came with CUDA 13.0 on Linux.
    private const string NewDriver = "install NVIDIA's driver 580 or later";

    // Tensor cores that take bfloat16 came with Ampere.
    private const double BFloat16From = 8.0;

    /// <param name="cuda">What NVIDIA's driver lists.</param>
    /// <param name="use">What nvidia-smi lists; null where it does not answer.</param>
    public static IReadOnlyList<ServingRow> Of(RuntimeFacts runtime, GpuApi cuda, IReadOnlyList<GpuUse>? use)
    {
        List<ServingRow> needed = [Build(runtime), Provider(runtime), Libraries(runtime.Cuda), Driver(cuda), Memory(use)];
        var serves = needed.All(row => row.Ready);
        return [.. needed, Graphs(serves), BFloat16(cuda, serves)];
    }

    private static ServingRow Build(RuntimeFacts runtime) => new("build", IsForGpus(runtime), runtime.Build, IsForGpus(runtime) ? null : Rebuild);

    private static ServingRow Provider(RuntimeFacts runtime) => runtime.HasCuda ? new("provider", true, "CUDA")
        : new("provider", false, runtime.Providers.Count > 0 ? "for processors only" : "none, since ONNX Runtime does not load",
            IsForGpus(runtime) ? "build again from an empty folder: another ONNX Runtime lies in this one" : Rebuild);

    private static bool IsForGpus(RuntimeFacts runtime) => runtime.Build.EndsWith("gpu", StringComparison.Ordinal);

    private static ServingRow Libraries(CudaLibraries cuda)
    {
        var found = string.Join(", ", cuda.Found.Values);
        return cuda.Missing.Count == 0 ? new("CUDA 13", true, found)
            : new("CUDA 13", false, $"{(found.Length > 0 ? $"{found}; " : "")}without {string.Join(", ", cuda.Missing)}", CudaLibraries.Cure);
    }

    private static ServingRow Driver(GpuApi cuda) => cuda.Devices.Count == 0 ? new("driver", false, cuda.Fault ?? "no GPU", cuda.Cure ?? NewDriver)
        : Major(cuda.Devices[0].Driver) is { } major && major < CudaLibraries.Cuda
            ? new("driver", false, $"{cuda.Devices[0].Driver}, and ONNX Runtime's provider needs CUDA {CudaLibraries.Cuda}", NewDriver)
            : new("driver", true, cuda.Devices[0].Driver);

    private static ServingRow Memory(IReadOnlyList<GpuUse>? use)
    {
        if (use is not { Count: > 0 })
            return new("free memory", false, "not known: nvidia-smi lists no GPU", "nvidia-smi comes with NVIDIA's driver; look what it says");
        var free = string.Join(", ", use.Select(gpu => $"{gpu.Name} {Show(gpu.Free)} of {Show(gpu.Bytes)}"));
        return use.Any(gpu => gpu.Free is null or > 0) ? new("free memory", true, free)
            : new("free memory", false, free, "end what else uses the GPU; nvidia-smi lists it");

        static string Show(long? bytes) => bytes is { } known ? Bytes.Show(known) : "?";
    }

    private static ServingRow Graphs(bool serves) => serves ? new("CUDA graphs", true, "can be captured (--cuda-graph)")
        : new("CUDA graphs", false, "cannot be captured", "see to the rows above");

    private static ServingRow BFloat16(GpuApi cuda, bool serves)
    {
        var chips = cuda.Devices.Select(device => device.ComputeCapability).OfType<string>().Distinct().ToArray();
        if (chips.Length == 0)
            return new("bfloat16", false, "not known", "see to the rows above");
        var able = chips.Where(chip => double.Parse(chip, CultureInfo.InvariantCulture) >= BFloat16From).ToArray();
        return able.Length == 0
            ? new("bfloat16", false, $"not by compute capability {string.Join(", ", chips)}",
                "serve in float16, which --provider cuda does, or take a GPU from 8.0 on")
            : new("bfloat16", serves, $"by compute capability {string.Join(", ", able)} (--provider cuda/bf16)", serves ? null : "see to the rows above");
    }

    /// <summary>Of "CUDA 13.0, driver 580.65.06".</summary>
    private static int? Major(string driver) => driver.Split(' ') is ["CUDA", var version, ..]
        && int.TryParse(version.Split('.', ',')[0], CultureInfo.InvariantCulture, out var major) ? major : null;
}
