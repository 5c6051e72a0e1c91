using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx;

/// <summary>Which native libraries are there.</summary>
/// <param name="OnnxRuntime">Version; null when the library does not load.</param>
/// <param name="Providers">Execution providers of that build.</param>
/// <param name="GenAi">Its library loads. It does not tell its version.</param>
/// <param name="Fault">Why ONNX Runtime does not load.</param>
public sealed record OnnxLibraries(string? OnnxRuntime, IReadOnlyList<string> Providers, bool GenAi, string? Fault)
{
    /// <summary>Version of ONNX Runtime, for manifests.</summary>
    public static string RuntimeVersion => OrtEnv.Instance().GetVersionString();

    /// <summary>The package of ONNX Runtime that this build was made with, and whether for processors or GPUs.</summary>
    internal static string Build { get; } =
        typeof(OnnxLibraries).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(one => one.Key == "OnnxRuntime").Value!;

    /// <summary>Loads the libraries, to see whether they are there.</summary>
    public static OnnxLibraries Look()
    {
        // Loaded and let go: nothing of it runs.
        var genAi = NativeLibrary.TryLoad("onnxruntime-genai", typeof(OnnxLibraries).Assembly, null, out var library);
        if (genAi)
            NativeLibrary.Free(library);
        try
        {
            var environment = OrtEnv.Instance();
            return new OnnxLibraries(environment.GetVersionString(), environment.GetAvailableProviders(), genAi, null);
        }
        catch (Exception fault) when (fault is DllNotFoundException or TypeInitializationException or BadImageFormatException or OnnxRuntimeException)
        {
            return new OnnxLibraries(null, [], genAi, (fault.InnerException ?? fault).Message.Split('\n')[0]);
        }
    }
}
