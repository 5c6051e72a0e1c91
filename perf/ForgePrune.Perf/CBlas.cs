using System.Runtime.InteropServices;

namespace ForgePrune.Perf;

/// <summary>A BLAS of the system with the C interface, bound when it is there: OpenBLAS, which also has LAPACK, or BLIS.</summary>
internal sealed unsafe class CBlas
{
    private const int RowMajor = 101, Plain = 111, Transposed = 112, Lower = 122;

    private readonly nint library;
    private readonly string setThreads;

    private CBlas(nint library, string name, string setThreads, Func<nint, string> config) =>
        (this.library, Name, this.setThreads, Config) = (library, name, setThreads, config(library));

    public string Name { get; }

    /// <summary>Version, kernels and threading as it describes itself.</summary>
    public string Config { get; }

    public int Threads
    {
        set
        {
            // BLIS counts in its 64-bit integers; the value fits both.
            ((delegate* unmanaged<nint, void>)Export(setThreads))(value);
        }
    }

    /// <summary>Debian: libopenblas0.</summary>
    public static CBlas? OpenBlas() =>
        Find("OpenBLAS", "openblas_set_num_threads", OpenBlasConfig, "libopenblas.so.0", "/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0");

    /// <summary>Debian: libblis4-openmp.</summary>
    public static CBlas? Blis() =>
        Find("BLIS", "bli_thread_set_num_threads", BlisConfig, "libblis.so.4", "/usr/lib/x86_64-linux-gnu/blis-openmp/libblis.so.4");

    private static CBlas? Find(string name, string setThreads, Func<nint, string> config, params string[] files)
    {
        foreach (var file in files)
            if (NativeLibrary.TryLoad(file, out var library))
                return new CBlas(library, name, setThreads, config);
        return null;
    }

    private static string OpenBlasConfig(nint library) =>
        Text(library, "openblas_get_config").Trim() + ", kernels for " + Text(library, "openblas_get_corename");

    private static string BlisConfig(nint library)
    {
        // arch_t of the processor, and its name.
        var id = ((delegate* unmanaged<int>)NativeLibrary.GetExport(library, "bli_arch_query_id"))();
        return "BLIS " + Text(library, "bli_info_get_version_str") + ", kernels for "
            + Marshal.PtrToStringUTF8(((delegate* unmanaged<int, nint>)NativeLibrary.GetExport(library, "bli_arch_string"))(id));
    }

    private static string Text(nint library, string export) =>
        Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)NativeLibrary.GetExport(library, export))())!;

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
