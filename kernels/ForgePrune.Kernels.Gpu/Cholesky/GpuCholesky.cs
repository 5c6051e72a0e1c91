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

    private readonly GpuProduct product;
    private readonly Action<KernelConfig, ArrayView<double>, int, int, int, ArrayView<double>, ArrayView<int>> diagonal;
    private readonly Action<Index1D, ArrayView<double>, int, ArrayView<double>, int, int, double> copy;
    private readonly DeviceMatrix<double> inverses, panel;
    private readonly DeviceMatrix<int> status;
    private readonly int lanes;

    /// <summary>Compiles the kernels and takes the workspace.</summary>
    /// <param name="device">Device that the kernels are compiled for; must stay open.</param>
    /// <param name="product">Product of the same device.</param>
    /// <param name="largest">Largest number of rows of any matrix to be factored.</param>
    public GpuCholesky(GpuDevice device, GpuProduct product, int largest)
    {
        this.product = product;
        diagonal = device.Accelerator.LoadStreamKernel<ArrayView<double>, int, int, int, ArrayView<double>, ArrayView<int>>(CholeskyKernels.Diagonal);
        copy = device.Accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<double>, int, ArrayView<double>, int, int, double>(CholeskyKernels.CopyScaled);
        (inverses, panel) = (new(device, largest, Block), new(device, largest, Block));
        status = new(device, 1, 1);
        lanes = device.Lanes;
    }

    /// <summary>
    /// Replaces the lower half of A by its factor L; above the diagonal A is left as it was or worse. <see cref="FailedPivot"/> tells whether it went well.
    /// </summary>
    /// <param name="a">A, n × n, symmetric and positive definite; only its lower half is read.</param>
    /// <exception cref="ArgumentException">The matrix is not square, or larger than this was made for.</exception>
    public void Factor(DeviceMatrix<double> a)
    {
        var n = Square(a);
        status.View.MemSetToZero();
        for (var first = 0; first < n; first += Block)
        {
            var size = Math.Min(Block, n - first);
            diagonal(new KernelConfig(1, lanes), a.View, n, first, size, inverses.View, status.View);
            var below = n - first - size;
            if (below == 0)
                return;
            // L21 = A21 · (L11⁻¹)ᵀ, then A22 −= L21 · L21ᵀ.
            var panel = a.From(first + size, first);
            product.Multiply(DeviceOperand<double>.Rows(panel, n), DeviceOperand<double>.Rows(inverses.From(first, 0), Block), this.panel.View, Block, below,
                size, size, 1, 0);
            Copy(this.panel.View, Block, panel, n, below, size, 1);
            var left = DeviceOperand<double>.Rows(this.panel.View, Block);
            product.Multiply(left, left, a.From(first + size, first + size), n, below, below, size, -1, 1);
        }
    }

    /// <summary>Waits for the last factor.</summary>
    /// <returns>The index of its first pivot that was not positive; −1 if there is none.</returns>
    public int FailedPivot()
    {
        Span<int> status = stackalloc int[1];
        this.status.Download(status, 1);
        return status[0] - 1;
    }

    /// <summary>Computes (L·Lᵀ)⁻¹ in both halves, from the L that <see cref="Factor"/> made last.</summary>
    /// <param name="factor">L, n × n; replaced by L⁻¹ with zeros above the diagonal.</param>
    /// <param name="inverse">Written: n × n.</param>
    /// <exception cref="ArgumentException">The matrices are not square and alike, or larger than this was made for.</exception>
    public void Invert(DeviceMatrix<double> factor, DeviceMatrix<double> inverse)
    {
        InvertFactor(factor, inverse);
        var n = factor.Rows;
        var columns = DeviceOperand<double>.Columns(factor.View, n);
        product.Multiply(columns, columns, inverse.View, n, n, n, n, 1, 0);
    }

    /// <summary>Replaces the L that <see cref="Factor"/> made last by L⁻¹: every solve with L is then a product.</summary>
    /// <param name="factor">L, n × n; replaced by L⁻¹ with zeros above the diagonal.</param>
    /// <param name="inverse">Workspace, n × n; holds L⁻¹ too.</param>
    /// <exception cref="ArgumentException">The matrices are not square and alike, or larger than this was made for.</exception>
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
            var diagonal = DeviceOperand<double>.Rows(inverses.From(first, 0), Block);
            if (first > 0)
            {
                // The first rows of `factor` are already used up: they hold the product in between.
                product.Multiply(DeviceOperand<double>.Rows(factor.From(first, 0), n), DeviceOperand<double>.Columns(inverse.View, n), factor.View, n, size,
                    first, first, 1, 0);
                product.Multiply(diagonal, DeviceOperand<double>.Columns(factor.View, n), inverse.From(first, 0), n, size, first, size, -1, 0);
            }
            Copy(inverses.From(first, 0), Block, inverse.From(first, first), n, size, size, 1);
        }
        Copy(inverse.View, n, factor.View, n, n, n, 1);
    }

    private void Copy(ArrayView<double> source, int sourceStride, ArrayView<double> target, int targetStride, int rows, int cols, double scale)
    {
        if (rows * cols > 0)
            copy(rows * cols, source, sourceStride, target, targetStride, cols, scale);
    }

    private int Square(DeviceMatrix<double> a) => a.Rows == a.Cols && a.Rows <= panel.Rows
        ? a.Rows
        : throw new ArgumentException($"A matrix of {a.Rows} x {a.Cols} cannot be factored here; it must be square with at most {panel.Rows} rows.", nameof(a));

    /// <inheritdoc/>
    public void Dispose()
    {
        inverses.Dispose();
        panel.Dispose();
        status.Dispose();
    }
}
