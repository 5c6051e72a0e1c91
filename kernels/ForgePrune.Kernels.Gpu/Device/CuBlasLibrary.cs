using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU.Runtime.Cuda;

namespace ForgePrune.Kernels.Gpu;

/// <summary>Which cuBLAS of this machine answers. ILGPU.Algorithms knows the names of versions 10 to 12; what it calls is the same in 13, so the one that is
/// found stands in for version 12.</summary>
internal static unsafe class CuBlasLibrary
{
    private static readonly int[] Versions = [13, 12, 11, 10];

    private static readonly Lock Once = new();
    private static (string? File, nint Library, string? Fault)? found;

    /// <summary>Lets ILGPU.Algorithms call the newest cuBLAS that starts. A CUDA context must be current on this thread.</summary>
    /// <returns>The file; or null and why there is none, as a clause.</returns>
    public static (string? File, string? Fault) Resolve()
    {
        lock (Once)
        {
            if (found is null)
            {
                found = Find(["", .. CudaFolders.All(Environment.GetEnvironmentVariable)]);
                if (found.Value.File is not null)
                    NativeLibrary.SetDllImportResolver(typeof(CuBlas).Assembly, Load);
            }
            return (found.Value.File, found.Value.Fault);
        }
    }

    /// <summary>The newest cuBLAS in some folders that starts; an empty name stands for the system's own places.</summary>
    internal static (string? File, nint Library, string? Fault) Find(IReadOnlyList<string> folders)
    {
        List<string> faults = [];
        foreach (var version in Versions)
            foreach (var folder in folders)
            {
                var file = Path.Combine(folder, Name(version));
                if (!NativeLibrary.TryLoad(file, out var library))
                    continue;
                if (Fault(library) is not { } fault)
                    return (file, library, null);
                faults.Add($"{file} {fault}");
                NativeLibrary.Free(library);
            }
        return (null, 0, faults.Count > 0
            ? string.Join("; ", faults)
            : $"{Name(Versions[0])}, or that of CUDA {Versions[^1]} to {Versions[1]}, is not on this machine");
    }

    /// <summary>What keeps a library from being used: NVIDIA's answers with 0 once it has made a handle.</summary>
    private static string? Fault(nint library)
    {
        foreach (var name in new[] { "cublasCreate_v2", "cublasDestroy_v2", "cublasSetStream_v2", "cublasDgemm_v2", "cublasSgemm_v2" })
            if (!NativeLibrary.TryGetExport(library, name, out _))
                return $"is no cuBLAS: it lacks {name}";
        nint handle = 0;
        var status = ((delegate* unmanaged<nint*, int>)NativeLibrary.GetExport(library, "cublasCreate_v2"))(&handle);
        if (status != 0)
            return $"does not start: status {status}, as of a driver that is older than it";
        _ = ((delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "cublasDestroy_v2"))(handle);
        return null;
    }

    private static string Name(int version) => OperatingSystem.IsWindows() ? $"cublas64_{version}.dll" : $"libcublas.so.{version}";

    private static nint Load(string name, Assembly assembly, DllImportSearchPath? path) => name == Name(12) ? found?.Library ?? 0 : 0;
}
