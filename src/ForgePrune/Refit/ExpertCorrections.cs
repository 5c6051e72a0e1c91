using ForgePrune.Calibration;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>The final refit of a block of experts: one expert after the other, each by least squares over the tokens that pass it in the pruned network, from
/// what enters its down_proj to what the block still lacks of its target.</summary>
/// <remarks>The squared error of a block ties together the experts that share tokens. Taking them in turn, each with what those before it left, is block
/// coordinate descent on it (Gauss–Seidel): no step raises it on the text of the fit, and one Gram of one expert is in memory at a time. λ pulls toward the
/// weights of the expert's level, which are its best fit on the dense network's inputs; docs/levels.md derives it.</remarks>
/// <param name="fitting">The text of the fit.</param>
/// <param name="selection">The text that judges; null where choices are given.</param>
/// <param name="given">The damping of an expert by its place, where choices are given; null keeps it.</param>
/// <param name="names">The experts' names in messages.</param>
internal sealed class ExpertCorrections(
    LackingText fitting, LackingText? selection, Func<int, double?> given, IReadOnlyList<string> names, IPruningDevice device)
{
    // Neighbors are alike: a walk along the ladder begins where the one before it ended.
    private double start = Damping.Default;

    /// <summary>Refits all experts.</summary>
    /// <param name="level">down_proj of their level, expert after expert (hidden × all channels); not written to.</param>
    public (Matrix Down, IReadOnlyList<ExpertFit> Fits) Run(Matrix level)
    {
        var (down, width) = (new Matrix(level.Rows, level.Cols, [.. level.Values]), level.Cols / names.Count);
        var fits = new ExpertFit[names.Count];
        for (var expert = 0; expert < fits.Length; expert++)
        {
            (var change, fits[expert]) = Fit(expert, level.Rows, width);
            if (change is null)
                continue;
            for (var row = 0; row < down.Rows; row++)
            {
                var own = down.Row(row).Slice(expert * width, width);
                for (var col = 0; col < width; col++)
                    own[col] += change.Row(row)[col];
            }

            fitting.Correct(expert, change);
            selection?.Correct(expert, change);
        }

        return (down, fits);
    }

    private (Matrix? Change, ExpertFit Fit) Fit(int expert, int hidden, int width)
    {
        var tokens = fitting.Passing(expert);
        // A Gram of fewer tokens than columns has not their rank, and no token of the other text could judge.
        if (tokens < RarelyPassed.Fewest(width) || selection?.Passing(expert) == 0)
            return (null, ExpertFit.Kept(tokens, few: true));
        if (selection is null && given(expert) is null)
            return (null, ExpertFit.Kept(tokens, few: false));
        using var sums = new MomentAccumulator(hidden, width, device);
        foreach (var (lacks, units) in fitting.Of(expert))
            sums.Add(lacks, units);
        var (moments, nothing, all) = (sums.Finish(), new Matrix(hidden, width), Enumerable.Range(0, width).ToArray());
        if (selection is null)
        {
            var (made, used) = Damping.Raise(given(expert)!.Value, names[expert], Solved);
            return (made, new(given(expert), used, tokens, false));
        }

        var loss = new UnseenLoss([.. selection.Of(expert)], device.Threads);
        var tried = new Dictionary<double, (Matrix Change, Damping Damping)>();
        var ladder = DampingLadder.Climb(start, fraction => Loss((tried[fraction] = Solved(fraction, [])).Change));
        if (ladder.Tried.Count == 0 || ladder.Least >= Loss(nothing))
            return (null, ExpertFit.Kept(tokens, few: false));
        start = ladder.Fraction;
        var (change, damping) = tried[ladder.Fraction];
        return (change, new(ladder.Fraction, damping with { Refused = ladder.Refused }, tokens, false));

        double Loss(Matrix change) => loss.Of(new Projection(change, null), all);

        (Matrix Change, Damping Damping) Solved(double fraction, IReadOnlyList<double> refused)
        {
            var problem = moments.Problem(nothing, null, fraction, affine: false);
            return (problem.Solve(all, device).Weights, new Damping(fraction, problem.Hessian.Lambda, [.. refused]));
        }
    }
}
