using ForgePrune.IO;
using ForgePrune.Kernels;

namespace ForgePrune.Levels;

/// <summary>The damping λI that made a Hessian positive definite; λ is a fraction of the mean diagonal.</summary>
/// <param name="Fraction">The fraction that worked; 0.01 is the usual value (SparseGPT, Frantar and Alistarh 2023).</param>
/// <param name="Lambda">λ in units of the Hessian (2/tokens)·XᵀX.</param>
/// <param name="Refused">Smaller fractions that were tried before and whose factorization failed. Empty in all but degenerate cases.</param>
public sealed record Damping(double Fraction, double Lambda, IReadOnlyList<double> Refused)
{
    /// <summary>The default fraction: 1 % of the mean diagonal, as in SparseGPT, DarwinLM and Týr.</summary>
    public const double Default = 1e-2;

    /// <summary>The largest fraction. Beyond it the damping outweighs the data, so a failure is reported instead.</summary>
    public const double Limit = 1.0;

    // From 1e-4 on tenfold; more would be a damaged file.
    private const int MostRefused = 1 << 10;

    /// <summary>The value for weights that were fitted without a Hessian.</summary>
    internal static Damping None { get; } = new(0, 0, []);

    /// <summary>The fractions that were tried on validation text, ascending, <see cref="Fraction"/> among them; empty where the fraction was given.</summary>
    public IReadOnlyList<TriedDamping> Tried { get; init; } = [];

    /// <summary>The report of raised damping; null where the first fraction worked.</summary>
    /// <param name="matrix">The name of the projection, such as "layer 3 o_proj".</param>
    public RaisedDamping? Raised(string matrix) => Refused.Count == 0 ? null : new(matrix, Refused[0], Fraction);

    /// <summary>The number of bytes that <see cref="Write"/> writes.</summary>
    internal long Bytes => 2 * sizeof(double) + sizeof(int) + sizeof(double) * (long)Refused.Count;

    internal void Write(Stream stream)
    {
        stream.WriteValue(Fraction);
        stream.WriteValue(Lambda);
        stream.WriteCounted<double>(Refused.ToArray());
    }

    internal static Damping Read(Stream stream) => new(stream.ReadValue<double>(), stream.ReadValue<double>(), stream.ReadCounted<double>(MostRefused));

    /// <summary>Calls <paramref name="attempt"/> with the fraction and then with ten times as much each, until the Hessian is positive definite.</summary>
    /// <param name="matrix">The name of the projection for the message, such as "layer 3 o_proj".</param>
    /// <param name="attempt">Receives the fraction and those that failed before. Its <see cref="NotPositiveDefiniteException"/> asks for more damping.</param>
    /// <exception cref="Errors.BadInputException">The fraction is outside of 0 to <see cref="Limit"/>, or no fraction up to it works.</exception>
    internal static T Raise<T>(double fraction, string matrix, Func<double, IReadOnlyList<double>, T> attempt)
    {
        Require(fraction);
        var refused = new List<double>();
        for (var next = fraction; next <= Limit; next = next == 0 ? 1e-4 : next * 10)
        {
            try
            {
                return attempt(next, refused);
            }
            catch (NotPositiveDefiniteException)
            {
                refused.Add(next);
            }
        }

        throw LevelErrors.NotPositiveDefinite(matrix, fraction);
    }

    /// <exception cref="Errors.BadInputException">The fraction is outside of 0 to <see cref="Limit"/>.</exception>
    internal static void Require(double fraction)
    {
        if (!(fraction is >= 0 and <= Limit))
            throw LevelErrors.DampingOutOfRange(fraction);
    }
}

/// <summary>A projection whose Hessian needed more damping than was asked for. Its refitted weights stay closer to the original ones.</summary>
/// <param name="Matrix">The name of the projection, such as "layer 3 o_proj".</param>
/// <param name="Asked">The fraction of the mean diagonal that was asked for.</param>
/// <param name="Used">The fraction that made the Hessian positive definite.</param>
public sealed record RaisedDamping(string Matrix, double Asked, double Used)
{
    /// <summary>The report as one sentence.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Matrix}: its Hessian is not positive definite with a damping of {Asked} of its mean diagonal; {Used} was used");
}
