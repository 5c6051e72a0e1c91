using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// <see cref="LevelFactor"/> with its heavy part on a device: L of H[π,π], L⁻¹, and Y = L⁻¹ M[:,π]ᵀ, or for M = W·H the same Y = Lᵀ W[:,π]ᵀ without M. L⁻¹
/// and Y come back to the host, where a refit is one product.
/// </summary>
/// <param name="strip">Rows of Y made together: the part of the triangle that is zero for all of them is left out.</param>
internal sealed class GpuLevelFactor(GpuDevice device, GpuProduct product, GpuGather gather, int strip = 256)
{
    private readonly Action<Index1D, ArrayView<double>, int> clearUpper =
        device.Accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<double>, int>(CholeskyKernels.ClearUpper);

    /// <summary>Factors H and solves for all levels; the parameters as in <see cref="IPruningDevice.Factor"/>.</summary>
    /// <param name="cholesky">Made for at least so many rows.</param>
    /// <param name="threads">Of the processor, for refits by the factor.</param>
    /// <exception cref="NotPositiveDefiniteException">H[π,π] has a pivot that is not positive; the pivot counts in the order given.</exception>
    public LevelFactor Create(GpuCholesky cholesky, ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> moment, int rows, ReadOnlySpan<int> order,
        int threads)
    {
        using var columns = Sent(order);
        using var factor = Factored(cholesky, hessian, n, columns);
        var inverse = Inverted(cholesky, factor);
        var targets = Targets(moment, rows, n, columns, (first, size, chosen) =>
            (DeviceOperand<double>.Rows(factor.From(first, 0), factor.Cols), DeviceOperand<double>.Rows(chosen.View, chosen.Cols), first + size));
        return LevelFactor.FromTargets(inverse, order.Length, targets, rows, order, threads);
    }

    /// <summary>The same for M = W·H over all columns; the parameters as in <see cref="IPruningDevice.FactorOfWeights"/>.</summary>
    /// <inheritdoc cref="Create"/>
    public LevelFactor OfWeights(GpuCholesky cholesky, ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<int> order,
        int threads)
    {
        using var columns = Sent(order);
        using var factor = Factored(cholesky, hessian, n, columns);
        if (n > 0)
            clearUpper(checked(n * n), factor.View, n);
        var targets = Targets(weights, rows, n, columns, (first, _, chosen) =>
            (DeviceOperand<double>.Columns(factor.From(first, first), n), DeviceOperand<double>.Rows(chosen.From(0, first), n), n - first));
        return LevelFactor.FromTargets(Inverted(cholesky, factor), n, targets, rows, order, threads);
    }

    private DeviceMatrix<int> Sent(ReadOnlySpan<int> order)
    {
        var columns = new DeviceMatrix<int>(device, 1, order.Length);
        columns.Upload(order, order.Length);
        return columns;
    }

    /// <summary>L of H[π,π], with anything above the diagonal.</summary>
    private DeviceMatrix<double> Factored(GpuCholesky cholesky, ReadOnlySpan<double> hessian, int n, DeviceMatrix<int> columns)
    {
        var factor = Permuted(hessian, n, columns);
        cholesky.Factor(factor);
        if (cholesky.FailedPivot() is not (>= 0 and var pivot))
            return factor;
        factor.Dispose();
        throw new NotPositiveDefiniteException("The Hessian in removal order on the device", pivot);
    }

    private DeviceMatrix<double> Permuted(ReadOnlySpan<double> hessian, int n, DeviceMatrix<int> columns)
    {
        using DeviceMatrix<double> chosen = new(device, columns.Cols, n);
        using (DeviceMatrix<double> whole = new(device, n, n))
        {
            whole.Upload(hessian, n);
            gather.Rows(whole, columns, chosen);
        }
        var permuted = new DeviceMatrix<double>(device, columns.Cols, columns.Cols);
        gather.Columns(chosen, columns, permuted);
        return permuted;
    }

    /// <summary>L⁻¹ on the host, and in the place of L.</summary>
    private double[] Inverted(GpuCholesky cholesky, DeviceMatrix<double> factor)
    {
        using (DeviceMatrix<double> room = new(device, factor.Rows, factor.Cols))
            cholesky.InvertFactor(factor, room);
        var inverse = LargeArray.Uninitialized<double>((long)factor.Rows * factor.Cols);
        factor.Download(inverse, factor.Cols);
        return inverse;
    }

    /// <summary>Y, order × rows, strip by strip of its rows.</summary>
    /// <param name="matrix">M or W, rows × n.</param>
    /// <param name="operands">The operands of a strip from its first row, its size, and the matrix with its columns in order; and the depth of the product.</param>
    private double[] Targets(ReadOnlySpan<double> matrix, int rows, int n, DeviceMatrix<int> columns,
        Func<int, int, DeviceMatrix<double>, (DeviceOperand<double> Left, DeviceOperand<double> Right, int Depth)> operands)
    {
        var count = columns.Cols;
        using DeviceMatrix<double> chosen = new(device, rows, count);
        using (DeviceMatrix<double> whole = new(device, rows, n))
        {
            whole.Upload(matrix, n);
            gather.Columns(whole, columns, chosen);
        }
        using DeviceMatrix<double> targets = new(device, count, rows);
        for (var first = 0; first < count && rows > 0; first += strip)
        {
            var size = Math.Min(strip, count - first);
            var (left, right, depth) = operands(first, size, chosen);
            product.Multiply(left, right, targets.From(first, 0), rows, size, rows, depth, 1, 0);
        }
        var values = LargeArray.Uninitialized<double>((long)count * rows);
        targets.Download(values, rows);
        return values;
    }
}
