using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>C = alpha · A · B + beta · C in float64 on a device; compiled once, launched often. C must not overlap A or B.</summary>
/// <remarks>Calls only queue the work: <see cref="Accelerator.Synchronize"/> waits for it. GPUs for consumers do float64 at 1/32 to 1/64 of float32.</remarks>
public sealed class GpuProduct
{
    private readonly Action<KernelConfig, DeviceOperand<double>, DeviceOperand<double>, ArrayView<double>, int, int, int, int, double, double, int> multiply;
    private readonly int side;
    private readonly IBlas? blas;

    /// <summary>Compiles the kernel for a device.</summary>
    /// <param name="device">Device that the kernel is compiled for; must stay open.</param>
    public GpuProduct(GpuDevice device) : this(device, null)
    {
    }

    /// <param name="blas">Computes in the place of the kernel what it can read; null for nothing.</param>
    internal GpuProduct(GpuDevice device, IBlas? blas)
    {
        multiply = device.Accelerator.LoadStreamKernel<DeviceOperand<double>, DeviceOperand<double>, ArrayView<double>, int, int, int, int, double, double,
            int>(ProductKernels.Multiply);
        (side, this.blas) = ((int)Math.Sqrt(device.Lanes), blas);
    }

    /// <summary>Computes C = alpha · A · B + beta · C; only queues the work.</summary>
    /// <param name="a">A, m × k, its lanes being rows.</param>
    /// <param name="b">B, k × n, its lanes being columns.</param>
    /// <param name="c">C, m × n, row-major, from its first element on.</param>
    /// <param name="cStride">Elements from one row of C to the next.</param>
    /// <param name="m">Rows of A and of C.</param>
    /// <param name="n">Columns of B and of C.</param>
    /// <param name="k">Columns of A and rows of B.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="beta">Factor of the old C; with 0 the old C is not read.</param>
    /// <exception cref="ArgumentOutOfRangeException">An extent is negative.</exception>
    public void Multiply(DeviceOperand<double> a, DeviceOperand<double> b, ArrayView<double> c, int cStride, int m, int n, int k, double alpha, double beta)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(m);
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        ArgumentOutOfRangeException.ThrowIfNegative(k);
        if (m == 0 || n == 0 || blas?.TryMultiply(a, b, c, cStride, m, n, k, alpha, beta) == true)
            return;
        var tile = ProductKernels.PerLane * side;
        var groups = ((m + tile - 1) / tile) * ((n + tile - 1) / tile);
        multiply(new KernelConfig(groups, side * side), a, b, c, cStride, m, n, k, alpha, beta, side);
    }
}
