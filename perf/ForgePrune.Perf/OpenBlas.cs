using System.Runtime.InteropServices;

namespace ForgePrune.Perf;

/// <summary>The system's OpenBLAS (Debian: libopenblas0), bound when it is there.</summary>
internal sealed unsafe class OpenBlas
{
    private const int RowMajor = 101, Plain = 111, Transposed = 112, Lower = 122;

    private readonly nint library;

    private OpenBlas(nint library) => this.library = library;

    public static OpenBlas? Find()
    {
        foreach (var name in new[] { "libopenblas.so.0", "/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0" })
            if (NativeLibrary.TryLoad(name, out var library))
                return new OpenBlas(library);
        return null;
    }

    /// <summary>Says what to install.</summary>
    /// <returns>The exit code of a broken environment.</returns>
    public static int Missing()
    {
        Console.Error.WriteLine("OpenBLAS is not there (Debian: apt install libopenblas0).");
        return 3;
    }

    /// <summary>Version, kernel and threading as it describes itself.</summary>
    public string Config => Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)Export("openblas_get_config"))())!.Trim()
        + ", kernels for " + Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)Export("openblas_get_corename"))());

    public int Threads { set => ((delegate* unmanaged<int, void>)Export("openblas_set_num_threads"))(value); }

    /// <summary>C (m × n) = A (m × k) B (k × n).</summary>
    public void Multiply(int m, int n, int k, float[] a, float[] b, float[] c)
    {
        fixed (float* pa = a, pb = b, pc = c)
            ((delegate* unmanaged<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void>)Export("cblas_sgemm"))(
                RowMajor, Plain, Plain, m, n, k, 1, pa, k, pb, n, 0, pc, n);
    }

    /// <inheritdoc cref="Multiply(int, int, int, float[], float[], float[])"/>
    public void Multiply(int m, int n, int k, double[] a, double[] b, double[] c)
    {
        fixed (double* pa = a, pb = b, pc = c)
            ((delegate* unmanaged<int, int, int, int, int, int, double, double*, int, double*, int, double, double*, int, void>)Export("cblas_dgemm"))(
                RowMajor, Plain, Plain, m, n, k, 1, pa, k, pb, n, 0, pc, n);
    }

    /// <summary>The lower half of C (cols × cols) = XᵀX by the routine for it.</summary>
    public void Gram(int tokens, int cols, float[] x, float[] c)
    {
        fixed (float* px = x, pc = c)
            ((delegate* unmanaged<int, int, int, int, int, float, float*, int, float, float*, int, void>)Export("cblas_ssyrk"))(
                RowMajor, Lower, Transposed, cols, tokens, 1, px, cols, 0, pc, cols);
    }

    /// <summary>All of C (cols × cols) = XᵀX as a plain product.</summary>
    public void GramAsProduct(int tokens, int cols, float[] x, float[] c)
    {
        fixed (float* px = x, pc = c)
            ((delegate* unmanaged<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void>)Export("cblas_sgemm"))(
                RowMajor, Transposed, Plain, cols, cols, tokens, 1, px, cols, px, cols, 0, pc, cols);
    }

    /// <summary>Replaces the lower half of A (n × n) by its Cholesky factor.</summary>
    public void Cholesky(int n, double[] a)
    {
        // LAPACK counts by columns: what is lower for us is upper for it.
        var (upper, info) = ((byte)'U', 0);
        fixed (double* pa = a)
            ((delegate* unmanaged<byte*, int*, double*, int*, int*, void>)Export("dpotrf_"))(&upper, &n, pa, &n, &info);
        if (info != 0)
            throw new InvalidOperationException($"dpotrf stopped with {info}.");
    }

    private nint Export(string name) => NativeLibrary.GetExport(library, name);
}
