namespace ForgePrune.Kernels.Gpu;

/// <summary>Level construction on a device: inverse, Gram of the weights and elimination there, one layer after the other.</summary>
/// <remarks>Takes 16·n² bytes of the device's memory and the weights, for the largest layer met so far.</remarks>
public sealed class GpuOrdering(GpuDevice device) : IChannelOrdering, IDisposable
{
    private readonly GpuProduct _product = new(device);
    private GpuCholesky? _cholesky;
    private GpuChannelElimination? _elimination;
    private int _largest;

    public string Device => device.Name;

    /// <inheritdoc/>
    /// <exception cref="GpuDeviceException">The layer does not fit into the device's memory.</exception>
    public EliminationResult Order(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead)
    {
        RequireRoom(n, rows);
        Grow(n);
        using DeviceMatrix<double> factor = new(device, n, n), inverse = new(device, n, n);
        factor.Upload(hessian, n);
        _cholesky!.Factor(factor);
        if (_cholesky.FailedPivot() is var pivot and >= 0)
            throw new NotPositiveDefiniteException("The damped Hessian on the device", pivot);
        _cholesky.Invert(factor, inverse);
        // The factor is used up: its place takes the Gram of the weights.
        using DeviceMatrix<double> w = new(device, rows, n);
        w.Upload(LivingWeights.Of(weights, n, dead), n);
        var columns = DeviceOperand<double>.Columns(w.View, n);
        _product.Multiply(columns, columns, factor.View, n, n, n, rows, 1, 0);
        return _elimination!.Run(inverse, factor, dead);
    }

    private void RequireRoom(int n, int rows)
    {
        var needed = sizeof(double) * ((long)n * (2L * n + rows) + 256L * n);
        if (needed > device.MemoryBytes)
            throw GpuDeviceException.TooSmall(device.Name, n, rows, needed, device.MemoryBytes);
    }

    private void Grow(int n)
    {
        if (_elimination is not null && n <= _largest)
            return;
        Dispose();
        _largest = Math.Max(1, n);
        _cholesky = new(device, _product, _largest);
        _elimination = new(device, _product, _largest);
    }

    /// <summary>Gives the workspace back; the device stays open.</summary>
    public void Dispose()
    {
        _cholesky?.Dispose();
        _elimination?.Dispose();
        (_cholesky, _elimination) = (null, null);
    }
}
