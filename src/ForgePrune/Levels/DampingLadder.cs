using ForgePrune.Kernels;
using ForgePrune.Memory;

namespace ForgePrune.Levels;

/// <summary>The damping of one projection, chosen by the loss on validation text.</summary>
/// <param name="Fraction">The fraction of the mean diagonal with the least loss; <see cref="Damping.Limit"/> where none can be factored.</param>
/// <param name="Tried">What was tried, ascending.</param>
/// <param name="Refused">Fractions whose Hessian could not be factored, ascending.</param>
internal sealed record DampingLadder(double Fraction, IReadOnlyList<TriedDamping> Tried, IReadOnlyList<double> Refused)
{
    /// <summary>About two rungs for each factor of ten.</summary>
    public static IReadOnlyList<double> Fractions { get; } = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];

    /// <summary>The least loss.</summary>
    /// <exception cref="InvalidOperationException">None could be factored.</exception>
    public double Least => Tried.Single(tried => tried.Fraction == Fraction).Loss;

    /// <summary>Walks from the rung next to <paramref name="start"/> upwards as long as the loss falls, or else downwards: along the ladder the loss is taken
    /// to fall and then rise. Of equal losses the one met first stays.</summary>
    public static DampingLadder Climb(double start, Func<double, double> loss)
    {
        var (tried, refused) = (new SortedDictionary<double, double>(), new SortedSet<double>());
        var rung = Enumerable.Range(0, Fractions.Count).MinBy(i => Math.Abs(Math.Log(Fractions[i] / Math.Max(start, Fractions[0]))));
        while (!Try(rung) && rung < Fractions.Count - 1)
            rung++;
        if (tried.Count == 0)
            return new(Damping.Limit, [], [.. refused]);
        foreach (var step in (int[])[1, -1])
        {
            var before = rung;
            while (Fractions.ElementAtOrDefault(rung + step) > 0 && Try(rung + step) && Loss(rung + step) < Loss(rung))
                rung += step;
            if (rung != before)
                break;
        }

        return new(Fractions[rung], [.. tried.Select(pair => new TriedDamping(pair.Key, pair.Value))], [.. refused]);

        double Loss(int at) => tried[Fractions[at]];

        bool Try(int at)
        {
            var fraction = Fractions[at];
            if (tried.ContainsKey(fraction))
                return true;
            if (refused.Contains(fraction))
                return false;
            try
            {
                tried[fraction] = loss(fraction);
                return true;
            }
            catch (NotPositiveDefiniteException)
            {
                refused.Add(fraction);
                return false;
            }
            finally
            {
                // Every rung has a factor of its own.
                LargeArrays.Settle();
            }
        }
    }
}
