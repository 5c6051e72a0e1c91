using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>C = alpha · op(A) · op(B) + beta · C in float32 on a device; compiled once, launched often. C must not be A or B.</summary>
/// <remarks>
/// Each element is summed along k by one lane in order: the same on every run. Calls only queue the work. Needs groups of 256 lanes.
/// </remarks>
public sealed class GpuFloatProduct
{
    private readonly Action<KernelConfig, DeviceOperand<float>, DeviceOperand<float>, ArrayView<float>, int, int, int, int, float, float> _multiply;

    /// <exception cref="GpuDeviceException">The device has no groups of 256 lanes.</exception>
    public GpuFloatProduct(GpuDevice device)
    {
        device.RequireLanes(FloatTile.Lanes);
        _multiply = device.Accelerator.LoadStreamKernel<DeviceOperand<float>, DeviceOperand<float>, ArrayView<float>, int, int, int, int, float, float>(
            FloatProductKernels.Multiply);
    }

    /// <summary>C (m × n) = alpha · op(A) (m × k) · op(B) (k × n) + beta · C. With beta 0 the old C is not read.</summary>
    public void Multiply(Operand formA, Operand formB, float alpha, DeviceMatrix<float> a, DeviceMatrix<float> b, float beta, DeviceMatrix<float> c)
    {
        var (m, k) = formA == Operand.Plain ? (a.Rows, a.Cols) : (a.Cols, a.Rows);
        var (depth, n) = formB == Operand.Plain ? (b.Rows, b.Cols) : (b.Cols, b.Rows);
        if (k != depth || c.Rows != m || c.Cols != n)
            throw new ArgumentException($"op(A) is {m} x {k}, op(B) {depth} x {n} and C {c.Rows} x {c.Cols}; they must be m x k, k x n and m x n.", nameof(c));
        if (m == 0 || n == 0)
            return;
        var left = formA == Operand.Plain ? DeviceOperand<float>.Rows(a.View, a.Cols) : DeviceOperand<float>.Columns(a.View, a.Cols);
        var right = formB == Operand.Plain ? DeviceOperand<float>.Columns(b.View, b.Cols) : DeviceOperand<float>.Rows(b.View, b.Cols);
        var groups = ((m + FloatTile.Size - 1) / FloatTile.Size) * ((n + FloatTile.Size - 1) / FloatTile.Size);
        _multiply(new KernelConfig(groups, FloatTile.Lanes), left, right, c.View, n, m, n, k, alpha, beta);
    }
}
