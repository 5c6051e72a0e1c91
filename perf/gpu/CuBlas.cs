using System.Runtime.InteropServices;
using ForgePrune.Kernels;

namespace ForgePrune.GpuPerf;

/// <summary>cuBLAS, bound where the machine holds it; no header and no package of it is needed. Matrices are column by column there.</summary>
internal sealed unsafe class CuBlas : IDisposable
{
    private const int Plain = 0, Transposed = 1, Upper = 1, Float = 0, Bfloat = 14, InFloat = 68, InTf32 = 77, Usual = -1;

    private static readonly string[] Names = ["libcublas.so.13", "libcublas.so.12", "libcublas.so.11", "libcublas.so"];

    private readonly nint library, handle;

    private CuBlas(nint library, nint stream)
    {
        this.library = library;
        nint made;
        Require(((delegate* unmanaged<nint*, int>)Export("cublasCreate_v2"))(&made), "cublasCreate");
        handle = made;
        Require(((delegate* unmanaged<nint, nint, int>)Export("cublasSetStream_v2"))(handle, stream), "cublasSetStream");
    }

    /// <param name="stream">The stream on which its work is queued; its context must be current on this thread.</param>
    /// <returns>Null where it is not installed.</returns>
    public static CuBlas? Find(nint stream)
    {
        foreach (var folder in CudaFolders.All(Environment.GetEnvironmentVariable).Prepend(""))
            foreach (var name in Names)
                if (NativeLibrary.TryLoad(Path.Combine(folder, name), out var library))
                    return new(library, stream);
        return null;
    }

    public string Version
    {
        get
        {
            int version;
            Require(((delegate* unmanaged<nint, int*, int>)Export("cublasGetVersion_v2"))(handle, &version), "cublasGetVersion");
            return $"cuBLAS {version / 10000}.{version / 100 % 100}.{version % 100}";
        }
    }

    /// <summary>G (cols × cols, float32) = XᵀX for X row by row (tokens × cols, float32), as a plain product.</summary>
    public void Sgemm(int tokens, int cols, nint x, nint gram)
    {
        float one = 1, zero = 0;
        Require(
            ((delegate* unmanaged<nint, int, int, int, int, int, float*, nint, int, nint, int, float*, nint, int, int>)Export("cublasSgemm_v2"))(
                handle, Plain, Transposed, cols, cols, tokens, &one, x, cols, x, cols, &zero, gram, cols), "cublasSgemm");
    }

    /// <summary>One half of the same by the routine for it.</summary>
    public void Ssyrk(int tokens, int cols, nint x, nint gram)
    {
        float one = 1, zero = 0;
        Require(
            ((delegate* unmanaged<nint, int, int, int, int, float*, nint, int, float*, nint, int, int>)Export("cublasSsyrk_v2"))(
                handle, Upper, Plain, cols, tokens, &one, x, cols, &zero, gram, cols), "cublasSsyrk");
    }

    /// <summary>The product with tensor cores: X of float32 rounded to tf32, or of bf16 (<paramref name="isBf16"/>).</summary>
    public void GemmEx(int tokens, int cols, nint x, bool isBf16, nint gram)
    {
        float one = 1, zero = 0;
        var type = isBf16 ? Bfloat : Float;
        Require(
            ((delegate* unmanaged<nint, int, int, int, int, int, float*, nint, int, int, nint, int, int, float*, nint, int, int, int, int, int>)Export(
                "cublasGemmEx"))(
                handle, Plain, Transposed, cols, cols, tokens, &one, x, type, cols, x, type, cols, &zero, gram, Float, cols, isBf16 ? InFloat : InTf32, Usual),
            "cublasGemmEx");
    }

    public void Dispose() => ((delegate* unmanaged<nint, int>)Export("cublasDestroy_v2"))(handle);

    private static void Require(int status, string call)
    {
        if (status != 0)
            throw new InvalidOperationException($"{call} ends with status {status}.");
    }

    private nint Export(string name) => NativeLibrary.GetExport(library, name);
}
