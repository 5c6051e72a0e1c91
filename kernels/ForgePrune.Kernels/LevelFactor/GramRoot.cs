using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>A root X of a Gram, V ≈ X·Xᵀ, with no more columns than V has rank: a text of t tokens gives at most t.</summary>
/// <param name="Values">X, cols × rank, row-major without gaps.</param>
/// <param name="Rank">Columns of X.</param>
/// <remarks>
/// Cholesky's factor with the largest diagonals first (Higham 1990, "Analysis of the Cholesky decomposition of a semi-definite matrix"). Pivots are taken by
/// blocks: the columns with the largest share of themselves left are reduced together, by products, and factored among themselves. With k columns it takes
/// about cols·k² operations and never touches the rest of V.
/// </remarks>
internal sealed record GramRoot(LongArray<double> Values, int Rank)
{
    /// <summary>What is left of a column, as a share of its own diagonal, once it counts as explained. Grams are kept in float32, which rounds by
    /// 6e-8.</summary>
    private const double Explained = 1e-6;

    private const int Block = 64;

    /// <param name="gram">V, cols × cols, contiguous, symmetric and positive semidefinite up to rounding. Only read.</param>
    /// <param name="most">The largest rank, such as the number of tokens.</param>
    public static GramRoot Of(ReadOnlyLongSpan<double> gram, int cols, long most, int threads)
    {
        Shape.Require(gram, cols, cols, cols);
        var limit = (int)Math.Min(cols, most);
        var (diagonal, left) = (new double[cols], new double[cols]);
        for (var col = 0; col < cols; col++)
            diagonal[col] = left[col] = Math.Max(0, gram[(long)col * cols + col]);
        var root = LargeArray.ZerosLong<double>((long)cols * limit);
        var rank = 0;
        while (rank < limit)
        {
            int[] pivots = [.. Enumerable.Range(0, cols).Where(col => left[col] > Explained * diagonal[col])
                .OrderByDescending(col => left[col] / diagonal[col]).ThenBy(col => col).Take(Math.Min(Block, limit - rank))];
            if (pivots.Length == 0)
                break;
            rank += Extend(gram, root, cols, limit, rank, pivots, left, diagonal, threads);
        }

        return rank == limit ? new(root, rank) : new(Packed(root, cols, limit, rank), rank);
    }

    /// <summary>Adds one column for each pivot that the others of its block do not explain; none of these pivots comes up again.</summary>
    private static int Extend(
        ReadOnlyLongSpan<double> gram, LongArray<double> root, int cols, int stride, int rank, int[] pivots, double[] left, double[] diagonal, int threads)
    {
        var width = pivots.Length;
        // S = V[:, P] − X X[P, :]ᵀ; V is symmetric, so its rows serve as columns: Sᵀ (width × cols).
        var reduced = LargeArray.Uninitialized<double>((long)width * cols);
        var known = new double[width * rank];
        for (var i = 0; i < width; i++)
        {
            gram.Span((long)pivots[i] * cols, cols).CopyTo(reduced.AsSpan(i * cols));
            root.AsLongSpan().Span((long)pivots[i] * stride, rank).CopyTo(known.AsSpan(i * rank));
        }

        Product.Multiply(Transpose.No, Transpose.Yes, width, cols, rank, -1, known, rank, root, stride, 1, reduced, cols, threads);
        var added = 0;
        for (var i = 0; i < width; i++)
        {
            // Row i is what the columns before it in this block leave.
            var row = reduced.AsSpan(i * cols, cols);
            for (var j = 0; j < added; j++)
            {
                var earlier = reduced.AsSpan(j * cols, cols);
                TensorPrimitives.MultiplyAdd(earlier, -earlier[pivots[i]], row, row);
            }

            var pivot = row[pivots[i]];
            if (!(pivot > Explained * diagonal[pivots[i]]))
            {
                left[pivots[i]] = 0;
                continue;
            }

            TensorPrimitives.Divide(row, Math.Sqrt(pivot), row);
            row.CopyTo(reduced.AsSpan(added++ * cols));
        }

        for (var j = 0; j < added; j++)
            for (var col = 0; col < cols; col++)
            {
                var value = reduced[j * cols + col];
                root[(long)col * stride + rank + j] = value;
                left[col] -= value * value;
            }

        foreach (var pivot in pivots)
            left[pivot] = 0;
        return added;
    }

    private static LongArray<double> Packed(LongArray<double> root, int cols, int stride, int rank)
    {
        var packed = LargeArray.UninitializedLong<double>((long)cols * rank);
        for (var col = 0; col < cols; col++)
            root.AsLongSpan().Span((long)col * stride, rank).CopyTo(packed.AsLongSpan().Span((long)col * rank, rank));
        return packed;
    }
}
