namespace ForgePrune.Kernels.Gpu;

/// <summary>The two symmetric matrices that greedy removal works on, on a device: P = H⁻¹ and G = WᵀW, both n × n with both halves.</summary>
internal sealed class GpuSaliency : IDisposable
{
    private GpuSaliency(DeviceMatrix<double> inverse, DeviceMatrix<double> weightGram) => (Inverse, WeightGram) = (inverse, weightGram);

    public DeviceMatrix<double> Inverse { get; }

    public DeviceMatrix<double> WeightGram { get; }

    /// <exception cref="NotPositiveDefiniteException">H cannot be factored.</exception>
    public static GpuSaliency Of(
        GpuDevice device, GpuProduct product, GpuCholesky cholesky, ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows,
            ReadOnlySpan<bool> dead)
    {
        var saliency = new GpuSaliency(new(device, n, n), new(device, n, n));
        try
        {
            saliency.Fill(device, product, cholesky, hessian, weights, rows, dead);
            return saliency;
        }
        catch
        {
            saliency.Dispose();
            throw;
        }
    }

    private void Fill(GpuDevice device, GpuProduct product, GpuCholesky cholesky, ReadOnlySpan<double> hessian, ReadOnlySpan<double> weights, int rows,
        ReadOnlySpan<bool> dead)
    {
        var n = Inverse.Rows;
        // Until the factor is used up it lies where the Gram of the weights will.
        WeightGram.Upload(hessian, n);
        cholesky.Factor(WeightGram);
        if (cholesky.FailedPivot() is var pivot and >= 0)
            throw new NotPositiveDefiniteException("The damped Hessian on the device", pivot);
        cholesky.Invert(WeightGram, Inverse);
        using DeviceMatrix<double> w = new(device, rows, n);
        w.Upload(LivingWeights.Of(weights, n, dead), n);
        var columns = DeviceOperand<double>.Columns(w.View, n);
        product.Multiply(columns, columns, WeightGram.View, n, n, n, rows, 1, 0);
    }

    public void Dispose()
    {
        Inverse.Dispose();
        WeightGram.Dispose();
    }
}
