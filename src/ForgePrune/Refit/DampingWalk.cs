using ForgePrune.Kernels;
using ForgePrune.Levels;

namespace ForgePrune.Refit;

/// <summary>Finds the damping of least loss on a ladder. The loss on unseen text falls and then rises with the damping, so the walk goes downhill from a
/// guess and ends where both neighbors are worse.</summary>
internal sealed class DampingWalk
{
    private int start = 2;

    /// <summary>Fractions of the mean diagonal: from a fit that follows its text closely to one that hardly leaves the weights it starts from.</summary>
    public static IReadOnlyList<double> Ladder { get; } = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];

    /// <summary>The best rung. The next walk begins where this one ends.</summary>
    /// <param name="attempt">A fit at a fraction and its loss on unseen text; it may throw <see cref="NotPositiveDefiniteException"/>.</param>
    /// <param name="matrix">The name of the projection for messages.</param>
    /// <exception cref="Errors.BadInputException">No damping makes the Hessian positive definite.</exception>
    public (T Fit, double Loss, double Fraction, IReadOnlyList<double> Refused) Best<T>(string matrix, Func<double, (T Fit, double Loss)> attempt)
        where T : class
    {
        var tried = new (T? Fit, double Loss)?[Ladder.Count];
        var at = start;
        while (true)
        {
            var next = new[] { at, at - 1, at + 1 }.Where(rung => rung >= 0 && rung < tried.Length).MinBy(Loss);
            if (next == at)
                break;
            at = next;
        }

        if (tried[at] is not ({ } fit, var loss))
            throw LevelErrors.NotPositiveDefinite(matrix, Ladder[0]);
        start = at;
        return (fit, loss, Ladder[at], [.. Enumerable.Range(0, at).Where(rung => tried[rung] is { Fit: null }).Select(rung => Ladder[rung])]);

        // Where a factorization fails, any larger damping is better.
        double Loss(int rung) => (tried[rung] ??= Tried(Ladder[rung])) is { Fit: not null } done ? done.Loss : double.MaxValue / (rung + 1);

        (T? Fit, double Loss) Tried(double fraction)
        {
            try
            {
                return attempt(fraction);
            }
            catch (NotPositiveDefiniteException)
            {
                return (null, double.PositiveInfinity);
            }
        }
    }
}
