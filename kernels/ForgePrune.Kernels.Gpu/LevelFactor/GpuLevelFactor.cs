namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// <see cref="LevelFactor"/> with its heavy part on a device: L of H[π,π], L⁻¹, and Y = L⁻¹ M[:,π]ᵀ. Both come back to the host, where a refit is one product.
/// </summary>
internal sealed class GpuLevelFactor(GpuDevice device, GpuProduct product, GpuGather gather)
{
    // Rows of L⁻¹ multiplied together: what lies right of their last diagonal element is zero and left out.
    private const int Strip = 256;

    /// <summary>Bytes of a device that <see cref="Create"/> takes.</summary>
    public static long Bytes(int n, int rows) => sizeof(double) * (2L * n * (n + rows) + 64L * n);

    /// <summary>Factors H and solves for all levels; the parameters as in <see cref="IPruningDevice.Factor"/>.</summary>
    /// <param name="cholesky">Made for at least so many rows.</param>
    /// <param name="threads">Of the processor, for refits by the factor.</param>
    /// <exception cref="NotPositiveDefiniteException">H[π,π] has a pivot that is not positive; the pivot counts in the order given.</exception>
    public LevelFactor Create(GpuCholesky cholesky, ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> moment, int rows, ReadOnlySpan<int> order,
        int threads)
    {
        var count = order.Length;
        using DeviceMatrix<int> columns = new(device, 1, count);
        columns.Upload(order, count);
        using DeviceMatrix<double> factor = new(device, count, count);
        Permute(hessian, n, columns, factor);
        cholesky.Factor(factor);
        if (cholesky.FailedPivot() is var pivot and >= 0)
            throw new NotPositiveDefiniteException("The Hessian in removal order on the device", pivot);
        using (DeviceMatrix<double> room = new(device, count, count))
            cholesky.InvertFactor(factor, room);
        var inverse = LargeArray.Uninitialized<double>((long)count * count);
        factor.Download(inverse, count);
        return LevelFactor.FromTargets(inverse, count, Targets(factor, moment, rows, n, columns), rows, order, threads);
    }

    private void Permute(ReadOnlySpan<double> hessian, int n, DeviceMatrix<int> columns, DeviceMatrix<double> target)
    {
        using DeviceMatrix<double> chosen = new(device, columns.Cols, n);
        using (DeviceMatrix<double> whole = new(device, n, n))
        {
            whole.Upload(hessian, n);
            gather.Rows(whole, columns, chosen);
        }
        gather.Columns(chosen, columns, target);
    }

    /// <summary>Y, order × rows.</summary>
    private double[] Targets(DeviceMatrix<double> inverse, ReadOnlySpan<double> moment, int rows, int n, DeviceMatrix<int> columns)
    {
        var count = columns.Cols;
        using DeviceMatrix<double> whole = new(device, rows, n), chosen = new(device, rows, count), targets = new(device, count, rows);
        whole.Upload(moment, n);
        gather.Columns(whole, columns, chosen);
        for (var first = 0; first < count; first += Strip)
        {
            var size = Math.Min(Strip, count - first);
            product.Multiply(DeviceOperand<double>.Rows(inverse.From(first, 0), count), DeviceOperand<double>.Rows(chosen.View, count),
                targets.From(first, 0), rows, size, rows, first + size, 1, 0);
        }
        var values = LargeArray.Uninitialized<double>((long)count * rows);
        targets.Download(values, rows);
        return values;
    }
}
