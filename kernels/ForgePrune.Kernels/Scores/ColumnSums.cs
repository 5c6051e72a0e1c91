using System.Numerics;

namespace ForgePrune.Kernels;

/// <summary>Sums over the rows of a float32 matrix, one for each column, in float64.</summary>
/// <remarks>
/// The scores of magnitude, of Wanda (Sun et al. 2024, eq. (1), |W_ij|·‖X_j‖₂ summed over the rows) and of FLAP (An et al. 2024) are these sums times what the
/// inputs
/// add. Every column is added from the first row to the last, so the number of threads changes nothing.
/// </remarks>
public static unsafe class ColumnSums
{
    // Columns of one piece of work: their sums (4 KiB) stay in level 1 while the rows pass.
    private const int Piece = 512;

    /// <summary>Writes the sum of |W| over the rows, one for each column.</summary>
    /// <param name="weights">W, rows × cols, row-major.</param>
    /// <param name="rows">Rows of W.</param>
    /// <param name="cols">Columns of W.</param>
    /// <param name="stride">Elements from one row of W to the next.</param>
    /// <param name="sums">Written: cols elements.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape, or a stride is below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static void Absolute(ReadOnlySpan<float> weights, int rows, int cols, int stride, Span<double> sums, int threads) =>
        Run<AbsoluteTerm>(weights, rows, cols, stride, sums, threads);

    /// <summary>Writes the sum of W² over the rows, one for each column.</summary>
    /// <param name="weights">W, rows × cols, row-major.</param>
    /// <param name="rows">Rows of W.</param>
    /// <param name="cols">Columns of W.</param>
    /// <param name="stride">Elements from one row of W to the next.</param>
    /// <param name="sums">Written: cols elements.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape, or a stride is below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static void Squares(ReadOnlySpan<float> weights, int rows, int cols, int stride, Span<double> sums, int threads) =>
        Run<SquareTerm>(weights, rows, cols, stride, sums, threads);

    private static void Run<TTerm>(ReadOnlySpan<float> weights, int rows, int cols, int stride, Span<double> sums, int threads) where TTerm : struct, ITerm
    {
        Shape.Require(weights, rows, cols, stride);
        Shape.Require<double>(sums, 1, cols, cols);
        fixed (float* w = weights)
        fixed (double* s = sums)
        {
            var (source, target) = ((nint)w, (nint)s);
            Workers.For((cols + Piece - 1) / Piece, (long)rows * cols < 1 << 16 ? 1 : threads, piece =>
            {
                var first = piece * Piece;
                Add<TTerm>((float*)source + first, rows, Math.Min(Piece, cols - first), stride, (double*)target + first);
            });
        }
    }

    private static void Add<TTerm>(float* weights, int rows, int cols, int stride, double* sums) where TTerm : struct, ITerm
    {
        new Span<double>(sums, cols).Clear();
        for (var row = 0; row < rows; row++, weights += stride)
        {
            var col = 0;
            for (; col <= cols - Vector<float>.Count; col += Vector<float>.Count)
            {
                Vector.Widen(Vector.Load(weights + col), out var low, out var high);
                Vector.Store(Vector.Load(sums + col) + TTerm.Of(low), sums + col);
                Vector.Store(Vector.Load(sums + col + Vector<double>.Count) + TTerm.Of(high), sums + col + Vector<double>.Count);
            }
            for (; col < cols; col++)
                sums[col] += TTerm.Of(new Vector<double>(weights[col]))[0];
        }
    }

    private interface ITerm
    {
        static abstract Vector<double> Of(Vector<double> weight);
    }

    private readonly struct AbsoluteTerm : ITerm
    {
        public static Vector<double> Of(Vector<double> weight) => Vector.Abs(weight);
    }

    private readonly struct SquareTerm : ITerm
    {
        public static Vector<double> Of(Vector<double> weight) => weight * weight;
    }
}
