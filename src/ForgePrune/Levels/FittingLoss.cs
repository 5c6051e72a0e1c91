using ForgePrune.Kernels;

namespace ForgePrune.Levels;

/// <summary>The loss of a level on the text of its fit, without damping.</summary>
internal static class FittingLoss
{
    /// <summary>½·tr(D (H − λI) Dᵀ) = <paramref name="damped"/> − ½·λ·‖D‖², over living columns.</summary>
    /// <param name="damped">½·tr(D H Dᵀ).</param>
    /// <param name="kept">The number of columns kept, the first of the factor's order.</param>
    /// <param name="wide">W, rows × columns.</param>
    public static double Undamped(double damped, Hessian hessian, LevelFactor factor, int kept, double[] wide)
    {
        var refit = LargeArray.Uninitialized<double>((long)factor.Rows * kept);
        factor.Refit(kept, refit, kept);
        var squares = 0.0;
        for (var row = 0; row < factor.Rows; row++)
        {
            Span<double> line = wide.AsSpan(row * hessian.Cols, hessian.Cols), fitted = refit.AsSpan(row * kept, kept);
            for (var i = 0; i < hessian.Cols; i++)
            {
                var col = factor.Order[i];
                var change = hessian.Dead[col] ? 0 : line[col] - (i < kept ? fitted[i] : 0);
                squares += change * change;
            }
        }

        // Not negative but for rounding.
        return Math.Max(0, damped - hessian.Lambda * squares / 2);
    }
}
