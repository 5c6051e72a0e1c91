using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>ILGPU asks for the library <c>cuda</c>; machines without the development package carry only <c>libcuda.so.1</c>.</summary>
internal static class CudaLibrary
{
    private static int _resolved;

    public static void Resolve()
    {
        if (OperatingSystem.IsLinux() && Interlocked.Exchange(ref _resolved, 1) == 0)
            NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, Load);
    }

    private static nint Load(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == "cuda" && NativeLibrary.TryLoad("libcuda.so.1", assembly, path, out var library) ? library : 0;
}
