namespace ForgePrune.Onnx.Providers;

/// <summary>Where the libraries of CUDA are that ONNX Runtime's CUDA provider links.</summary>
/// <param name="Found">Path by library, or the library's bare name where the system's loader finds it by itself. In the order in which they are loaded.</param>
/// <param name="Missing">What is nowhere.</param>
internal sealed record CudaLibraries(IReadOnlyDictionary<string, string> Found, IReadOnlyList<string> Missing)
{
    /// <summary>What libonnxruntime_providers_cuda.so of version 1.31.0 links of CUDA 13, each behind what it links itself.</summary>
    public static IReadOnlyList<string> Linked { get; } = [Runtime, "libcublasLt.so.13", "libcublas.so.13", "libcurand.so.10"];

    /// <summary>The library with the functions that set and copy memory.</summary>
    public const string Runtime = "libcudart.so.13";

    /// <summary>The CUDA that a driver has to speak for them, major version.</summary>
    public const int Cuda = 13;

    /// <summary>How to get what is missing.</summary>
    public const string Cure =
        "install CUDA 13, name its folder in CUDA_HOME, or take Python's packages nvidia-cublas, nvidia-curand, and nvidia-cuda-runtime of it";

    /// <param name="folders">Where to look behind the system's loader, the best first.</param>
    /// <param name="loads">Whether the system's loader finds a library by its bare name: what the user has put on its path comes first.</param>
    public static CudaLibraries Find(IEnumerable<string> folders, Func<string, bool> loads)
    {
        string[] places = [.. folders];
        var (found, missing) = (new Dictionary<string, string>(), new List<string>());
        foreach (var library in Linked)
        {
            if (loads(library))
                found.Add(library, library);
            else if (places.Select(place => Path.Combine(place, library)).FirstOrDefault(File.Exists) is { } path)
                found.Add(library, path);
            else
                missing.Add(library);
        }

        return new(found, missing);
    }
}
