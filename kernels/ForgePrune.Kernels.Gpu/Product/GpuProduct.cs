using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>C = alpha · A · B + beta · C in float64 on a device; compiled once, launched often. C must not overlap A or B.</summary>
/// <remarks>Calls only queue the work: <see cref="Accelerator.Synchronize"/> waits for it. GPUs for consumers do float64 at 1/32 to 1/64 of float32.</remarks>
public sealed class GpuProduct(GpuDevice device)
{
    private readonly Action<KernelConfig, DeviceOperand<double>, DeviceOperand<double>, ArrayView<double>, int, int, int, int, double, double, int> _multiply =
        device.Accelerator.LoadStreamKernel<DeviceOperand<double>, DeviceOperand<double>, ArrayView<double>, int, int, int, int, double, double, int>(ProductKernels.Multiply);

    private readonly int _side = (int)Math.Sqrt(device.Lanes);

    /// <summary>C (m × n, rows of <paramref name="cStride"/>) = alpha · A (m × k) · B (k × n) + beta · C. With beta 0 the old C is not read.</summary>
    public void Multiply(DeviceOperand<double> a, DeviceOperand<double> b, ArrayView<double> c, int cStride, int m, int n, int k, double alpha, double beta)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(m);
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        ArgumentOutOfRangeException.ThrowIfNegative(k);
        if (m == 0 || n == 0)
            return;
        var tile = ProductKernels.PerLane * _side;
        var groups = ((m + tile - 1) / tile) * ((n + tile - 1) / tile);
        _multiply(new KernelConfig(groups, _side * _side), a, b, c, cStride, m, n, k, alpha, beta, _side);
    }
}
