namespace ForgePrune.Kernels;

/// <content>The error of every level on inputs that the factor does not know.</content>
public sealed partial class LevelFactor
{
    /// <summary>The squared output error tr((Ŵ−W) V (Ŵ−W)ᵀ) of every level on other inputs, whose Gram is V = X·Xᵀ: Ŵ as
    /// <see cref="Refit(int, Span{double}, int)"/> gives it, the curve in one pass.</summary>
    /// <param name="root">X, as many rows as the layer has columns (in their own order) × rank, row-major. Only read.</param>
    /// <param name="cols">Rows of X: columns of the layer.</param>
    /// <param name="rank">Columns of X, 0 or more: far fewer than the layer has where the inputs are few tokens.</param>
    /// <param name="stride">Elements from one row of X to the next.</param>
    /// <returns>The error with k refitted columns, for k from 0 to the number of columns in the order. Unlike <see cref="Errors"/> it may rise.</returns>
    /// <remarks>
    /// With Wᵀ[π] = L⁻ᵀY the refit differs from the weights by Dᵀ = −L⁻ᵀ[0; Y_k:], so D·X = −Σ_{i≥k} y_i c_iᵀ over the rows y_i of Y, c_i of L⁻¹X[π]. With
    /// A = L⁻¹V[π,π]L⁻ᵀ and B = Y·Yᵀ its square is Σ_{i,j≥k} A_ij B_ij; only blocks of A and B on the diagonal are formed.
    /// Meant for M = W·H. Columns that the order leaves out do not count. Workspace: count·rank + rows·rank doubles.
    /// The result is the same for every number of threads.
    /// </remarks>
    /// <exception cref="ArgumentException">X is too short for its shape, its stride below its number of columns, or it has no row for a column.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent is negative.</exception>
    public double[] UnseenErrors(ReadOnlyLongSpan<double> root, int cols, int rank, int stride) =>
        UnseenCurve.FromWholeEnd(targets, Whitened(root, cols, rank, stride), Order.Count, Rows, rank, threads);

    /// <summary>The same at a few widths alone, at less than half of the cost.</summary>
    /// <param name="widths">Descending numbers of kept columns, up to the number in the order.</param>
    internal double[] UnseenErrors(ReadOnlyLongSpan<double> root, int cols, int rank, int stride, ReadOnlySpan<int> widths) =>
        UnseenCurve.FromWholeEnd(targets, Whitened(root, cols, rank, stride), Order.Count, Rows, rank, widths, threads);

    /// <summary>The same at a few widths, for a factor of the first columns alone: from the other end, D·X = Σ_{i&lt;k} y_i c_iᵀ − W·X.</summary>
    /// <param name="outputs">W·X over all columns of the layer (rows × rank, contiguous). Destroyed.</param>
    /// <param name="widths">Ascending numbers of kept columns, up to the number in the order.</param>
    internal double[] UnseenErrors(ReadOnlyLongSpan<double> root, int cols, int rank, int stride, Span<double> outputs, ReadOnlySpan<int> widths) =>
        UnseenCurve.FromEmptyEnd(targets, Whitened(root, cols, rank, stride), outputs, Rows, rank, widths, threads);

    /// <summary>L⁻¹X[π], count × rank.</summary>
    private LongArray<double> Whitened(ReadOnlyLongSpan<double> root, int cols, int rank, int stride)
    {
        Shape.Require(root, cols, rank, stride);
        var ordered = LargeArray.UninitializedLong<double>((long)Order.Count * rank);
        for (var i = 0; i < Order.Count; i++)
        {
            if (Order[i] >= cols)
                throw new ArgumentException($"The inputs have {cols} rows where the order names column {Order[i]}; give one for each column.", nameof(root));
            root.Span(rank == 0 ? 0 : (long)Order[i] * stride, rank).CopyTo(ordered.AsLongSpan().Span((long)i * rank, rank));
        }

        var whitened = LargeArray.UninitializedLong<double>(ordered.Length);
        factor.Solve(Order.Count, ordered, whitened, rank, threads);
        return whitened;
    }
}
