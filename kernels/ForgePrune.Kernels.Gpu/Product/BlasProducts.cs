using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>Our products, whose C lies row by row, by a library whose matrices lie column by column: there Cᵀ = Bᵀ·Aᵀ, and no element moves.</summary>
internal static class BlasProducts
{
    /// <summary>As <see cref="GpuProduct.Multiply"/>.</summary>
    /// <returns>Whether the library can: it reads no operand with gaps in both directions.</returns>
    public static bool TryMultiply(
        this IBlas blas, DeviceOperand<double> a, DeviceOperand<double> b, ArrayView<double> c, int cStride, int m, int n, int k, double alpha, double beta)
    {
        if (!Fit(a, b, cStride, m, n, k, out var left, out var right))
            return false;
        blas.Multiply(!right.IsByLanes, left.IsByLanes, n, m, k, alpha, b.Data, right.Stride, a.Data, left.Stride, beta, c, Math.Max(cStride, n));
        return true;
    }

    /// <inheritdoc cref="TryMultiply(IBlas, DeviceOperand{double}, DeviceOperand{double}, ArrayView{double}, int, int, int, int, double, double)"/>
    public static bool TryMultiply(
        this IBlas blas, DeviceOperand<float> a, DeviceOperand<float> b, ArrayView<float> c, int cStride, int m, int n, int k, float alpha, float beta)
    {
        if (!Fit(a, b, cStride, m, n, k, out var left, out var right))
            return false;
        blas.Multiply(!right.IsByLanes, left.IsByLanes, n, m, k, alpha, b.Data, right.Stride, a.Data, left.Stride, beta, c, Math.Max(cStride, n));
        return true;
    }

    private static bool Fit<T>(
        DeviceOperand<T> a, DeviceOperand<T> b, int cStride, int m, int n, int k, out BlasOperand left, out BlasOperand right) where T : unmanaged
    {
        var (ofA, ofB) = (BlasOperand.Of(a, m, k), BlasOperand.Of(b, n, k));
        (left, right) = (ofA ?? default, ofB ?? default);
        // A product of no depth only scales, which is not worth a call.
        return k > 0 && ofA is not null && ofB is not null && (m == 1 || cStride >= n);
    }
}
