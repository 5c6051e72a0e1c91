using ForgePrune.Calibration;
using ForgePrune.Kernels;

namespace ForgePrune.Levels;

/// <summary>The inputs of one projection on text that its levels are not fitted to, as a root X of their Gram: X·Xᵀ.</summary>
/// <param name="Root">X, cols × rank.</param>
/// <param name="Cols">The columns of the projection.</param>
/// <param name="Tokens">The number of tokens.</param>
internal sealed record Validation(GramRoot Root, int Cols, long Tokens)
{
    /// <param name="fitting">Its means are what a fitted bias makes up for, where <paramref name="affine"/>: validation inputs count from there.</param>
    public static Validation From(GramStatistics gram, GramStatistics fitting, bool affine, int threads)
    {
        if (gram.Tokens <= 0)
            throw new ArgumentException("a Gram without tokens", nameof(gram));
        if (gram.Cols != fitting.Cols)
            throw new ArgumentException($"{gram.Cols} columns of validation inputs for {fitting.Cols} of the fit", nameof(gram));
        var cols = gram.Cols;
        if (!affine)
            return new(GramRoot.Of(gram.Values, cols, gram.Tokens, threads), cols, gram.Tokens);
        // Σ (x − m)(x − m)ᵀ = XᵀX − s·mᵀ − m·sᵀ + tokens·m·mᵀ, s the sums of the validation text and m the means of the fitting text.
        var centered = LargeArray.UninitializedLong<double>(gram.Values.Length);
        for (var row = 0; row < cols; row++)
        {
            var (mean, sum) = (fitting.Mean(row), gram.Sums[row]);
            Span<double> from = gram.Row(row), to = centered.AsLongSpan().Span((long)row * cols, cols);
            for (var col = 0; col < cols; col++)
                to[col] = from[col] - sum * fitting.Mean(col) - mean * (gram.Sums[col] - gram.Tokens * fitting.Mean(col));
        }

        return new(GramRoot.Of(centered, cols, gram.Tokens, threads), cols, gram.Tokens);
    }

    /// <summary>½·tr(D (2/tokens)·X·Xᵀ Dᵀ) of the levels of <paramref name="factor"/> with so many columns.</summary>
    /// <param name="widths">Descending.</param>
    public double[] Losses(LevelFactor factor, int[] widths) =>
        Array.ConvertAll(factor.UnseenErrors(Root.Values, Cols, Root.Rank, Root.Rank, widths), error => error / Tokens);

    /// <summary>½·tr(D (2/tokens)·X·Xᵀ Dᵀ) of every level of <paramref name="factor"/>.</summary>
    public double[] Losses(LevelFactor factor) => Array.ConvertAll(factor.UnseenErrors(Root.Values, Cols, Root.Rank, Root.Rank), error => error / Tokens);
}
