using ForgePrune.IO;

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

    // From 1e-4 on tenfold; more would be a damaged file.
    private const int MostRefused = 1 << 10;

    /// <summary>Of what has no Hessian.</summary>
    internal static Damping None { get; } = new(0, 0, []);

    /// <summary>What is to be said of it; null where the first fraction worked.</summary>
    /// <param name="matrix">Whose Hessian it is: "layer 3 o_proj".</param>
    public RaisedDamping? Raised(string matrix) => Refused.Count == 0 ? null : new(matrix, Refused[0], Fraction);

    /// <summary>Bytes that <see cref="Write"/> writes.</summary>
    internal long Bytes => 2 * sizeof(double) + sizeof(int) + sizeof(double) * (long)Refused.Count;

    internal void Write(Stream stream)
    {
        stream.WriteValue(Fraction);
        stream.WriteValue(Lambda);
        stream.WriteCounted<double>(Refused.ToArray());
    }

    internal static Damping Read(Stream stream) => new(stream.ReadValue<double>(), stream.ReadValue<double>(), stream.ReadCounted<double>(MostRefused));

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

/// <summary>A matrix whose Hessian needed more damping than it was to have: what was fitted with it leans more on the weights as they were.</summary>
/// <param name="Matrix">"layer 3 o_proj".</param>
/// <param name="Asked">The fraction of the mean diagonal that it was to have.</param>
/// <param name="Used">The fraction that made it positive definite.</param>
public sealed record RaisedDamping(string Matrix, double Asked, double Used)
{
    /// <summary>One sentence.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Matrix}: its Hessian is not positive definite with a damping of {Asked} of its mean diagonal; {Used} was used");
}
