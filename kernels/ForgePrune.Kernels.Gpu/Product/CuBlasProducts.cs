using ILGPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.Cuda.API;

namespace ForgePrune.Kernels.Gpu;

/// <summary>cuBLAS by the bindings of ILGPU.Algorithms, in the context and on the stream of an ILGPU accelerator.</summary>
internal sealed class CuBlasProducts : IBlas
{
    private readonly CudaAccelerator accelerator;
    private readonly CuBlas blas;

    private CuBlasProducts(CudaAccelerator accelerator, string file)
    {
        this.accelerator = accelerator;
        // The name that stands for whichever version was found.
        blas = new CuBlas(accelerator, CuBlasAPIVersion.V12);
        Name = $"cuBLAS {Words(blas.Version)}";
        File = file;
    }

    public string Name { get; }

    /// <summary>The library that was loaded.</summary>
    public string File { get; }

    /// <summary>cuBLAS on a device, once its products have agreed with ours there.</summary>
    /// <returns>Null and why there is none, as a clause.</returns>
    public static (CuBlasProducts? Products, string? Fault) Open(GpuDevice device)
    {
        if (device.Accelerator is not CudaAccelerator cuda)
            return (null, "cuBLAS needs CUDA");
        using var here = device.Use();
        cuda.Bind();
        var (file, fault) = CuBlasLibrary.Resolve();
        if (file is null)
            return (null, fault);
        CuBlasProducts made;
        try
        {
            made = new(cuda, file);
        }
        catch (Exception refusal) when (refusal is CuBlasException or DllNotFoundException or EntryPointNotFoundException)
        {
            return (null, $"{file} does not start on it: {refusal.Message.TrimEnd('.')}");
        }
        if (BlasCheck.Fault(device, made) is not { } difference)
            return (made, null);
        made.Dispose();
        return (null, difference);
    }

    public void Multiply(bool transposesA, bool transposesB, int m, int n, int k, double alpha, ArrayView<double> a, int aStride, ArrayView<double> b,
        int bStride, double beta, ArrayView<double> c, int cStride)
    {
        // The library works in the context of the thread that calls it.
        accelerator.Bind();
        blas.Gemm(Operation(transposesA), Operation(transposesB), m, n, k, alpha, a, aStride, b, bStride, beta, c, cStride);
    }

    public void Multiply(bool transposesA, bool transposesB, int m, int n, int k, float alpha, ArrayView<float> a, int aStride, ArrayView<float> b,
        int bStride, float beta, ArrayView<float> c, int cStride)
    {
        accelerator.Bind();
        blas.Gemm(Operation(transposesA), Operation(transposesB), m, n, k, alpha, a, aStride, b, bStride, beta, c, cStride);
    }

    /// <summary>A version as NVIDIA writes it: 13.1.0 is 130100, and before 12 it was a digit less, 11.5.1 being 11501.</summary>
    internal static string Words(int version)
    {
        var major = version < 100_000 ? 1000 : 10_000;
        return $"{version / major}.{version % major / 100}.{version % 100}";
    }

    public void Dispose()
    {
        accelerator.Bind();
        blas.Dispose();
    }

    private static CuBlasOperation Operation(bool transposes) => transposes ? CuBlasOperation.Transpose : CuBlasOperation.NonTranspose;
}
