namespace ForgePrune.Levels;

/// <summary>How a Hessian was made positive definite: λI added, λ a fraction of the mean diagonal.</summary>
/// <param name="Fraction">The fraction that worked; 0.01 is the field's default.</param>
/// <param name="Lambda">λ itself, in units of the Hessian (2/tokens)·XᵀX.</param>
/// <param name="Refused">Smaller fractions tried before, whose factorisation failed. Empty in all but degenerate cases.</param>
public sealed record Damping(double Fraction, double Lambda, IReadOnlyList<double> Refused)
{
    /// <summary>1 % of the mean diagonal, as SparseGPT, DarwinLM and Týr use it.</summary>
    public const double Default = 1e-2;

    /// <summary>Beyond this the data no longer decide, so larger damping is an error, not a cure.</summary>
    public const double Limit = 1.0;

    /// <summary>Runs <paramref name="attempt"/> with the fraction, then with tenfold ones, until it gives a result.</summary>
    /// <param name="matrix">Named in the error: "layer 3 o_proj".</param>
    internal static T Raise<T>(double fraction, string matrix, Func<double, IReadOnlyList<double>, T?> attempt) where T : class
    {
        if (!(fraction is >= 0 and <= Limit))
            throw LevelErrors.DampingOutOfRange(fraction);
        var refused = new List<double>();
        for (var next = fraction; next <= Limit; next = next == 0 ? 1e-4 : next * 10)
        {
            if (attempt(next, refused) is { } result)
                return result;
            refused.Add(next);
        }

        throw LevelErrors.NotPositiveDefinite(matrix, fraction);
    }
}
