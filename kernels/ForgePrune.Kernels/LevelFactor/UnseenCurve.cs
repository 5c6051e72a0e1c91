using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>‖Σ y_i c_iᵀ‖² over the rows y_i of Y (count × rows) and c_i of C (count × rank), for many ranges of i at once.</summary>
internal static class UnseenCurve
{
    // Rows of Y that are added to the sum together. The products with the sum read it once for each block.
    private const int Block = 128;

    /// <summary>The squares over i ≥ k, for k from 0 to count.</summary>
    /// <remarks>square(k) = square(k + 1) + A_kk B_kk + 2 Σ_{j>k} A_kj B_kj with A = C·Cᵀ and B = Y·Yᵀ. Of the last sum, what lies behind the block is
    /// y_kᵀ R c_k, R = Σ y_j c_jᵀ over all later blocks. Every block begins with ‖R‖² itself, so that rounding does not pile up.</remarks>
    public static double[] FromWholeEnd(ReadOnlySpan<double> y, ReadOnlyLongSpan<double> c, int count, int rows, int rank, int threads)
    {
        var squares = new double[count + 1];
        var sum = LargeArray.Zeros<double>((long)rows * rank);
        var seen = LargeArray.Uninitialized<double>((long)Block * rank);
        double[] a = new double[Block * Block], b = new double[Block * Block];
        for (var first = Math.Max(0, count - 1) / Block * Block; first >= 0 && count > 0; first -= Block)
        {
            var height = Math.Min(Block, count - first);
            ReadOnlySpan<double> yBlock = y.Slice(first * rows, height * rows), cBlock = c.Span((long)first * rank, height * rank);
            Product.Multiply(Transpose.No, Transpose.Yes, height, height, rank, 1, cBlock, rank, cBlock, rank, 0, a, Block, threads);
            Product.Multiply(Transpose.No, Transpose.Yes, height, height, rows, 1, yBlock, rows, yBlock, rows, 0, b, Block, threads);
            Product.Multiply(Transpose.No, Transpose.No, height, rank, rows, 1, yBlock, rows, sum, rank, 0, seen, rank, threads);
            var square = TensorPrimitives.SumOfSquares<double>(sum);
            for (var k = height - 1; k >= 0; k--)
            {
                var (at, later) = (k * Block + k + 1, height - k - 1);
                var cross = TensorPrimitives.Dot(seen.AsSpan(k * rank, rank), cBlock.Slice(k * rank, rank))
                    + TensorPrimitives.Dot<double>(a.AsSpan(at, later), b.AsSpan(at, later));
                square += a[at - 1] * b[at - 1] + 2 * cross;
                // A square of a norm: only rounding makes it negative.
                squares[first + k] = Math.Max(0, square);
            }

            Product.Multiply(Transpose.Yes, Transpose.No, rows, rank, height, 1, yBlock, rows, cBlock, rank, 1, sum, rank, threads);
        }

        return squares;
    }

    /// <summary>The same at a few widths: between them nothing is measured, which leaves one product of the three.</summary>
    /// <param name="widths">Descending, from count to 0.</param>
    public static double[] FromWholeEnd(
        ReadOnlySpan<double> y, ReadOnlyLongSpan<double> c, int count, int rows, int rank, ReadOnlySpan<int> widths, int threads)
    {
        var squares = new double[widths.Length];
        var sum = LargeArray.Zeros<double>((long)rows * rank);
        var done = count;
        for (var i = 0; i < widths.Length; i++)
        {
            var (first, height) = (widths[i], done - widths[i]);
            Product.Multiply(Transpose.Yes, Transpose.No, rows, rank, height, 1, y.Slice(first * rows, height * rows), rows,
                c.Slice((long)first * rank), rank, 1, sum, rank, threads);
            squares[i] = TensorPrimitives.SumOfSquares<double>(sum);
            done = first;
        }

        return squares;
    }

    /// <summary>‖Z − Σ_{i&lt;k} y_i c_iᵀ‖² for each k of <paramref name="widths"/>.</summary>
    /// <param name="z">Z, rows × rank, contiguous. Destroyed.</param>
    /// <param name="widths">Ascending.</param>
    public static double[] FromEmptyEnd(
        ReadOnlySpan<double> y, ReadOnlyLongSpan<double> c, Span<double> z, int rows, int rank, ReadOnlySpan<int> widths, int threads)
    {
        var squares = new double[widths.Length];
        var done = 0;
        for (var i = 0; i < widths.Length; i++)
        {
            var height = widths[i] - done;
            Product.Multiply(Transpose.Yes, Transpose.No, rows, rank, height, -1, y.Slice(done * rows, height * rows), rows,
                c.Slice((long)done * rank), rank, 1, z, rank, threads);
            squares[i] = TensorPrimitives.SumOfSquares<double>(z);
            done = widths[i];
        }

        return squares;
    }
}
