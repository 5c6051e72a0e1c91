using System.Globalization;
using System.Runtime.InteropServices;
using ForgePrune.Errors;
using ForgePrune.Kernels;
using ForgePrune.Serving;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Providers;

/// <summary>ONNX Runtime's CUDA provider: whether this build has it, and what the machine must have before its library loads.</summary>
internal static class CudaProvider
{
    private const string Name = "CUDAExecutionProvider", Driver = "libcuda.so.1";

    private static readonly Lazy<CudaLibraries> Searched = new(() => CudaLibraries.Find(CudaFolders.All(Environment.GetEnvironmentVariable), Loads));

    private static readonly Lazy<IReadOnlyDictionary<string, nint>> Loaded = new(Load);

    /// <summary>Whether this build's ONNX Runtime has the provider.</summary>
    public static bool IsBuilt => OrtEnv.Instance().GetAvailableProviders().Contains(Name);

    /// <summary>What of CUDA this machine has.</summary>
    public static CudaLibraries Libraries => Searched.Value;

    /// <summary>CUDA's runtime, loaded.</summary>
    public static nint Runtime => Loaded.Value[CudaLibraries.Runtime];

    /// <summary>Looks at everything that the provider needs, and loads CUDA's libraries: the provider's own then finds them wherever they lie.</summary>
    /// <exception cref="BrokenEnvironmentException">Something is missing.</exception>
    public static void Require(int index)
    {
        if (!IsBuilt)
        {
            throw new BrokenEnvironmentException($"`Provider` {ServingProvider.Cuda(index)} needs ONNX Runtime with its CUDA provider, and this build has the "
                + "one for processors; build with -p:OnnxRuntimeFlavor=gpu, or install the tool forgeprune-gpu");
        }

        if (DriverFault(index) is { } fault)
            throw new BrokenEnvironmentException($"`Provider` {ServingProvider.Cuda(index)}: {fault}; 'forgeprune doctor' tells more, and cpu needs none");
        _ = Loaded.Value;
    }

    /// <summary>Puts the provider before the processor's.</summary>
    /// <param name="exact">Products of float32 are products of float32: by itself the provider rounds their factors to 10 bits of fraction (TF32).</param>
    /// <param name="graph">Calls may be captured and replayed as CUDA graphs.</param>
    /// <param name="tight">Its arena grows by what is asked for, and not to the next power of two.</param>
    /// <exception cref="BrokenEnvironmentException">It does not load.</exception>
    public static void Append(SessionOptions options, int index, bool exact = false, bool graph = false, bool tight = false)
    {
        Require(index);
        try
        {
            using var settings = new OrtCUDAProviderOptions();
            settings.UpdateOptions(Options(index, exact, graph, tight));
            options.AppendExecutionProvider_CUDA(settings);
        }
        catch (OnnxRuntimeException refusal)
        {
            throw new BrokenEnvironmentException($"ONNX Runtime's CUDA provider does not load: {refusal.Message.ReplaceLineEndings(" ").TrimEnd('.')}; "
                + "look with ldd which library its libonnxruntime_providers_cuda.so lacks", refusal);
        }
    }

    /// <summary>The provider's options, as ONNX Runtime spells them.</summary>
    internal static Dictionary<string, string> Options(int index, bool exact, bool graph, bool tight = false)
    {
        var options = new Dictionary<string, string> { ["device_id"] = index.ToString(CultureInfo.InvariantCulture) };
        if (exact)
            options["use_tf32"] = "0";
        if (graph)
            options["enable_cuda_graph"] = "1";
        if (tight)
            options["arena_extend_strategy"] = "kSameAsRequested";
        return options;
    }

    /// <summary>Where a GPU sits on its bus. By that nvidia-smi knows it too, whatever CUDA_VISIBLE_DEVICES hides and in whatever order CUDA counts.</summary>
    /// <returns>Null where the driver does not tell it.</returns>
    public static unsafe string? Address(int index)
    {
        const int longest = 32;
        if (!NativeLibrary.TryLoad(Driver, out var library) || !NativeLibrary.TryGetExport(library, "cuInit", out var start)
            || !NativeLibrary.TryGetExport(library, "cuDeviceGet", out var get) || !NativeLibrary.TryGetExport(library, "cuDeviceGetPCIBusId", out var tell))
            return null;
        int device;
        var address = stackalloc byte[longest];
        return ((delegate* unmanaged<uint, int>)start)(0) == 0 && ((delegate* unmanaged<int*, int, int>)get)(&device, index) == 0
            && ((delegate* unmanaged<byte*, int, int, int>)tell)(address, longest, device) == 0 ? Marshal.PtrToStringUTF8((nint)address) : null;
    }

    /// <summary>What NVIDIA's driver has to say against a GPU; null for nothing.</summary>
    private static unsafe string? DriverFault(int index)
    {
        if (!NativeLibrary.TryLoad(Driver, out var library))
            return $"NVIDIA's driver is missing ({Driver})";
        if (!NativeLibrary.TryGetExport(library, "cuInit", out var start) || !NativeLibrary.TryGetExport(library, "cuDeviceGetCount", out var count))
            return $"{Driver} is no driver";
        var error = ((delegate* unmanaged<uint, int>)start)(0);
        var gpus = 0;
        if (error == 0)
            error = ((delegate* unmanaged<int*, int>)count)(&gpus);
        if (error != 0)
            return $"NVIDIA's driver does not start (error {error})";
        return index < gpus ? null : $"this machine has {(gpus == 1 ? "one GPU" : $"{gpus} GPUs")}, counted from 0";
    }

    private static Dictionary<string, nint> Load()
    {
        if (Libraries.Missing.Count > 0)
        {
            throw new BrokenEnvironmentException(
                $"ONNX Runtime's CUDA provider needs {string.Join(", ", Libraries.Missing)}, which this machine lacks; {CudaLibraries.Cure}");
        }

        try
        {
            return Libraries.Found.ToDictionary(library => library.Key, library => NativeLibrary.Load(library.Value));
        }
        catch (Exception fault) when (fault is DllNotFoundException or BadImageFormatException)
        {
            throw new BrokenEnvironmentException(
                $"a library of CUDA does not load: {fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}; install CUDA 13 anew", fault);
        }
    }

    private static bool Loads(string library)
    {
        if (!NativeLibrary.TryLoad(library, out var handle))
            return false;
        NativeLibrary.Free(handle);
        return true;
    }
}
