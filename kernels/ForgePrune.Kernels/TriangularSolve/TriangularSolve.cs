using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>L·X = B and Lᵀ·X = B for many right-hand sides in float64. Only the lower half of L is read.</summary>
/// <remarks>Recursive like <see cref="Cholesky"/>; the same result for every number of threads. A zero on the diagonal gives infinities.</remarks>
public static unsafe class TriangularSolve
{
    // Columns solved together in a base block: 64 rows of 256 doubles stay in level 2.
    private const int Strip = 256;

    /// <summary>Replaces B by L⁻¹·B.</summary>
    /// <param name="l">L, n × n, row-major; only its lower half is read.</param>
    /// <param name="n">Rows and columns of L; rows of B.</param>
    /// <param name="lStride">Elements from one row of L to the next.</param>
    /// <param name="b">B, n × m, row-major: one right-hand side in each column.</param>
    /// <param name="m">Columns of B.</param>
    /// <param name="bStride">Elements from one row of B to the next.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape, or a stride is below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static void Lower(ReadOnlyLongSpan<double> l, int n, int lStride, LongSpan<double> b, int m, int bStride, int threads)
    {
        Shape.Require(l, n, n, lStride);
        Shape.Require<double>(b, n, m, bStride);
        fixed (double* pl = l, pb = b)
            Lower(pl, n, lStride, pb, m, bStride, threads);
    }

    /// <summary>Replaces B by L⁻ᵀ·B.</summary>
    /// <param name="l">L, n × n, row-major; only its lower half is read.</param>
    /// <param name="n">Rows and columns of L; rows of B.</param>
    /// <param name="lStride">Elements from one row of L to the next.</param>
    /// <param name="b">B, n × m, row-major: one right-hand side in each column.</param>
    /// <param name="m">Columns of B.</param>
    /// <param name="bStride">Elements from one row of B to the next.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape, or a stride is below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static void LowerTransposed(ReadOnlyLongSpan<double> l, int n, int lStride, LongSpan<double> b, int m, int bStride, int threads)
    {
        Shape.Require(l, n, n, lStride);
        Shape.Require<double>(b, n, m, bStride);
        fixed (double* pl = l, pb = b)
            LowerTransposed(pl, n, lStride, pb, m, bStride, threads);
    }

    private static void Lower(double* l, int n, int lStride, double* b, int m, int bStride, int threads)
    {
        if (n <= Cholesky.Base)
        {
            Strips(m, n, threads, (start, width) =>
            {
                for (var i = 0; i < n; i++)
                {
                    var row = Row(b, i, bStride, start, width);
                    for (var j = 0; j < i; j++)
                        TensorPrimitives.MultiplyAdd(Row(b, j, bStride, start, width), -l[(nint)i * lStride + j], row, row);
                    TensorPrimitives.Divide(row, l[(nint)i * lStride + i], row);
                }
            });
            return;
        }
        var half = Halves.Split(n);
        var lBelow = l + (nint)half * lStride;
        var bBelow = b + (nint)half * bStride;
        Lower(l, half, lStride, b, m, bStride, threads);
        Product.Add(Transpose.No, Transpose.No, n - half, m, half, -1.0, lBelow, lStride, b, bStride, bBelow, bStride, threads);
        Lower(lBelow + half, n - half, lStride, bBelow, m, bStride, threads);
    }

    private static void LowerTransposed(double* l, int n, int lStride, double* b, int m, int bStride, int threads)
    {
        if (n <= Cholesky.Base)
        {
            Strips(m, n, threads, (start, width) =>
            {
                for (var i = n - 1; i >= 0; i--)
                {
                    var row = Row(b, i, bStride, start, width);
                    TensorPrimitives.Divide(row, l[(nint)i * lStride + i], row);
                    for (var j = 0; j < i; j++)
                    {
                        var other = Row(b, j, bStride, start, width);
                        TensorPrimitives.MultiplyAdd(row, -l[(nint)i * lStride + j], other, other);
                    }
                }
            });
            return;
        }
        var half = Halves.Split(n);
        var lBelow = l + (nint)half * lStride;
        var bBelow = b + (nint)half * bStride;
        LowerTransposed(lBelow + half, n - half, lStride, bBelow, m, bStride, threads);
        Product.Add(Transpose.Yes, Transpose.No, half, m, n - half, -1.0, lBelow, lStride, bBelow, bStride, b, bStride, threads);
        LowerTransposed(l, half, lStride, b, m, bStride, threads);
    }

    private static void Strips(int m, int n, int threads, Action<int, int> solve) =>
        Workers.For((m + Strip - 1) / Strip, (long)m * n < 1 << 14 ? 1 : threads, strip => solve(strip * Strip, Math.Min(Strip, m - strip * Strip)));

    private static Span<double> Row(double* b, int row, int stride, int start, int width) => new(b + (nint)row * stride + start, width);
}
