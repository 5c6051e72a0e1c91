using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>ILGPU asks for libraries by the names that development packages link; drivers and runtimes carry only the versioned ones.</summary>
internal static class DriverLibraries
{
    private static int resolved;

    public static void Resolve()
    {
        if (OperatingSystem.IsLinux() && Interlocked.Exchange(ref resolved, 1) == 0)
            NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, Load);
    }

    private static nint Load(string name, Assembly assembly, DllImportSearchPath? path) =>
        Versioned(name) is { } file && NativeLibrary.TryLoad(file, assembly, path, out var library) ? library : 0;

    private static string? Versioned(string name) => name switch
    {
        "cuda" => "libcuda.so.1",
        "OpenCL" => "libOpenCL.so.1",
        _ => null,
    };
}
