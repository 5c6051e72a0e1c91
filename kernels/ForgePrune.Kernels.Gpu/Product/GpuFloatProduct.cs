using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>C = alpha · op(A) · op(B) + beta · C in float32 on a device; compiled once, launched often. C must not be A or B.</summary>
/// <remarks>
/// Each element is summed along k by one lane in order: the same on every run. Calls only queue the work. Needs groups of 256 lanes.
/// </remarks>
public sealed class GpuFloatProduct
{
    private readonly Action<KernelConfig, DeviceOperand<float>, DeviceOperand<float>, ArrayView<float>, int, int, int, int, float, float> multiply;

    private readonly IBlas? blas;

    /// <summary>Compiles the kernel for a device.</summary>
    /// <param name="device">Device that the kernels are compiled for; must stay open.</param>
    /// <exception cref="GpuDeviceException">The device has no groups of 256 lanes.</exception>
    public GpuFloatProduct(GpuDevice device) : this(device, null)
    {
    }

    /// <param name="blas">Computes in the place of the kernel; null for nothing.</param>
    internal GpuFloatProduct(GpuDevice device, IBlas? blas)
    {
        this.blas = blas;
        device.RequireLanes(FloatTile.Lanes);
        multiply = device.Accelerator.LoadStreamKernel<DeviceOperand<float>, DeviceOperand<float>, ArrayView<float>, int, int, int, int, float, float>(
            FloatProductKernels.Multiply);
    }

    /// <summary>Computes C = alpha · op(A) · op(B) + beta · C; only queues the work.</summary>
    /// <param name="transposeA">Whether op(A) is A or Aᵀ.</param>
    /// <param name="transposeB">Whether op(B) is B or Bᵀ.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="a">A; op(A) is m × k.</param>
    /// <param name="b">B; op(B) is k × n.</param>
    /// <param name="beta">Factor of the old C; with 0 the old C is not read.</param>
    /// <param name="c">C, m × n. Must not be A or B.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public void Multiply(Transpose transposeA, Transpose transposeB, float alpha, DeviceMatrix<float> a, DeviceMatrix<float> b, float beta,
        DeviceMatrix<float> c)
    {
        var (m, k) = transposeA == Transpose.No ? (a.Rows, a.Cols) : (a.Cols, a.Rows);
        var (depth, n) = transposeB == Transpose.No ? (b.Rows, b.Cols) : (b.Cols, b.Rows);
        if (k != depth || c.Rows != m || c.Cols != n)
            throw new ArgumentException($"op(A) is {m} x {k}, op(B) {depth} x {n} and C {c.Rows} x {c.Cols}; they must be m x k, k x n and m x n.", nameof(c));
        if (m == 0 || n == 0)
            return;
        var left = transposeA == Transpose.No ? DeviceOperand<float>.Rows(a.View, a.Cols) : DeviceOperand<float>.Columns(a.View, a.Cols);
        var right = transposeB == Transpose.No ? DeviceOperand<float>.Columns(b.View, b.Cols) : DeviceOperand<float>.Rows(b.View, b.Cols);
        if (blas?.TryMultiply(left, right, c.View, n, m, n, k, alpha, beta) == true)
            return;
        var groups = ((m + FloatTile.Size - 1) / FloatTile.Size) * ((n + FloatTile.Size - 1) / FloatTile.Size);
        multiply(new KernelConfig(groups, FloatTile.Lanes), left, right, c.View, n, m, n, k, alpha, beta);
    }
}
