using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// Cholesky factor and inverse of a symmetric positive definite matrix on a device, in float64. Blocks of 32 rows: the diagonal block is factored and
/// inverted by one group, the panel below is a product with that inverse, and so is every other step.
/// </summary>
/// <remarks>
/// The host waits for nothing: a pivot that is not positive is found by <see cref="FailedPivot"/> at the end. Workspace: 64·n doubles. Useful operations
/// n³/3 for the factor; the inverse L⁻¹ takes n³/3 and its product with itself 2·n³, for both halves are formed.
/// </remarks>
public sealed class GpuCholesky : IDisposable
{
    private const int Block = CholeskyKernels.Block;

    private readonly GpuProduct _product;
    private readonly Action<KernelConfig, ArrayView<double>, int, int, int, ArrayView<double>, ArrayView<int>> _diagonal;
    private readonly Action<Index1D, ArrayView<double>, int, ArrayView<double>, int, int, double> _copy;
    private readonly DeviceMatrix<double> _inverses, _panel;
    private readonly DeviceMatrix<int> _status;
    private readonly int _lanes;

    /// <param name="largest">Largest number of rows of any matrix to be factored.</param>
    public GpuCholesky(GpuDevice device, GpuProduct product, int largest)
    {
        _product = product;
        _diagonal = device.Accelerator.LoadStreamKernel<ArrayView<double>, int, int, int, ArrayView<double>, ArrayView<int>>(CholeskyKernels.Diagonal);
        _copy = device.Accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<double>, int, ArrayView<double>, int, int, double>(CholeskyKernels.CopyScaled);
        (_inverses, _panel) = (new(device, largest, Block), new(device, largest, Block));
        _status = new(device, 1, 1);
        _lanes = device.Lanes;
    }

    /// <summary>Replaces the lower half of A by its factor L; above the diagonal A is left as it was or worse. <see cref="FailedPivot"/> tells whether it went well.</summary>
    public void Factor(DeviceMatrix<double> a)
    {
        var n = Square(a);
        _status.View.MemSetToZero();
        for (var first = 0; first < n; first += Block)
        {
            var size = Math.Min(Block, n - first);
            _diagonal(new KernelConfig(1, _lanes), a.View, n, first, size, _inverses.View, _status.View);
            var below = n - first - size;
            if (below == 0)
                return;
            // L21 = A21 · (L11⁻¹)ᵀ, then A22 −= L21 · L21ᵀ.
            var panel = a.From(first + size, first);
            _product.Multiply(DeviceOperand<double>.Rows(panel, n), DeviceOperand<double>.Rows(_inverses.From(first, 0), Block), _panel.View, Block, below, size, size, 1, 0);
            Copy(_panel.View, Block, panel, n, below, size, 1);
            var left = DeviceOperand<double>.Rows(_panel.View, Block);
            _product.Multiply(left, left, a.From(first + size, first + size), n, below, below, size, -1, 1);
        }
    }

    /// <summary>Waits, then tells the first pivot of the last factor that was not positive; −1 if there is none.</summary>
    public int FailedPivot()
    {
        Span<int> status = stackalloc int[1];
        _status.Download(status, 1);
        return status[0] - 1;
    }

    /// <summary>inverse = (L·Lᵀ)⁻¹, both halves, from the L that <see cref="Factor"/> made last; L is replaced by L⁻¹ with zeros above the diagonal.</summary>
    public void Invert(DeviceMatrix<double> factor, DeviceMatrix<double> inverse)
    {
        InvertFactor(factor, inverse);
        var n = factor.Rows;
        var columns = DeviceOperand<double>.Columns(factor.View, n);
        _product.Multiply(columns, columns, inverse.View, n, n, n, n, 1, 0);
    }

    /// <summary>Replaces the L that <see cref="Factor"/> made last by L⁻¹, with zeros above the diagonal: every solve with L is then a product.</summary>
    /// <param name="inverse">Workspace of the same shape; holds L⁻¹ too.</param>
    public void InvertFactor(DeviceMatrix<double> factor, DeviceMatrix<double> inverse)
    {
        var n = Square(factor);
        if (Square(inverse) != n)
            throw new ArgumentException($"The inverse has {inverse.Rows} rows, the factor {n}; they must be alike.", nameof(inverse));
        // X = L⁻¹ block row by block row: X_kk = L_kk⁻¹, and left of it −L_kk⁻¹ · (L_k · X).
        inverse.View.MemSetToZero();
        for (var first = 0; first < n; first += Block)
        {
            var size = Math.Min(Block, n - first);
            var diagonal = DeviceOperand<double>.Rows(_inverses.From(first, 0), Block);
            if (first > 0)
            {
                // The first rows of `factor` are already used up: they hold the product in between.
                _product.Multiply(DeviceOperand<double>.Rows(factor.From(first, 0), n), DeviceOperand<double>.Columns(inverse.View, n), factor.View, n, size, first, first, 1, 0);
                _product.Multiply(diagonal, DeviceOperand<double>.Columns(factor.View, n), inverse.From(first, 0), n, size, first, size, -1, 0);
            }
            Copy(_inverses.From(first, 0), Block, inverse.From(first, first), n, size, size, 1);
        }
        Copy(inverse.View, n, factor.View, n, n, n, 1);
    }

    private void Copy(ArrayView<double> source, int sourceStride, ArrayView<double> target, int targetStride, int rows, int cols, double scale)
    {
        if (rows * cols > 0)
            _copy(rows * cols, source, sourceStride, target, targetStride, cols, scale);
    }

    private int Square(DeviceMatrix<double> a) => a.Rows == a.Cols && a.Rows <= _panel.Rows
        ? a.Rows
        : throw new ArgumentException($"A matrix of {a.Rows} x {a.Cols} cannot be factored here; it must be square with at most {_panel.Rows} rows.", nameof(a));

    public void Dispose()
    {
        _inverses.Dispose();
        _panel.Dispose();
        _status.Dispose();
    }
}
