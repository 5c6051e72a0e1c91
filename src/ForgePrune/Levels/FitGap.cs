namespace ForgePrune.Levels;

/// <summary>How much worse a refit does on text that it was not fitted to: one output projection with half of its columns kept.</summary>
/// <param name="Columns">The number of columns that are kept.</param>
/// <param name="FittingTokens">The number of tokens of the text that the weights are fitted to.</param>
/// <param name="ValidationTokens">The number of tokens of the other text.</param>
/// <param name="FittingLoss">The loss per token ½·tr(D (2/tokens)·XᵀX Dᵀ) on the text of the fit, without damping.</param>
/// <param name="ValidationLoss">The same on the other text.</param>
public sealed record FitGap(int Columns, long FittingTokens, long ValidationTokens, double FittingLoss, double ValidationLoss)
{
    /// <summary>The ratio above which the text counts as short. By <see cref="TokensFor"/>'s reasoning the loss on new text is then √1.5 = 1.22 times what
    /// endless text would leave.</summary>
    public const double Short = 1.5;

    /// <summary>ValidationLoss / FittingLoss; 1 where both are 0.</summary>
    public double Ratio => FittingLoss > 0 ? ValidationLoss / FittingLoss : ValidationLoss > 0 ? double.PositiveInfinity : 1;

    /// <summary>An estimate of the number of fitting tokens with which the ratio would be <paramref name="ratio"/>.</summary>
    /// <remarks>Least squares with k free columns and T tokens leaves (1 − k/T) of the true error on its own text and about 1/(1 − k/T) of it on other text
    /// (Hastie, Tibshirani, and Friedman, "The Elements of Statistical Learning", section 7.4), so the ratio is 1/(1 − k/T)². Damping makes k smaller than the
    /// number of columns; the measured ratio tells which k it is. If both texts are alike and k stays, T·(1 − 1/√Ratio)/(1 − 1/√ratio) tokens give the ratio
    /// that is asked for. More text needs less damping, which raises k, so the true number is rather larger.</remarks>
    /// <param name="ratio">The ratio, above 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="ratio"/> is not above 1.</exception>
    public long TokensFor(double ratio = Short)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ratio, 1);
        return Ratio <= ratio ? FittingTokens : (long)Math.Ceiling(FittingTokens * (1 - 1 / Math.Sqrt(Ratio)) / (1 - 1 / Math.Sqrt(ratio)));
    }
}

/// <summary>The gap of one named projection.</summary>
/// <param name="Matrix">The name of the projection, such as "layer 3 down_proj".</param>
/// <param name="Fraction">The damping that its levels were fitted with, as a fraction of the mean diagonal.</param>
/// <param name="Gap">The losses at half of its width.</param>
public sealed record ProjectionGap(string Matrix, double Fraction, FitGap Gap);
