using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>Chooses the query heads of every pair (g KV groups, g·r query heads).</summary>
/// <remarks>Two greedy orders reach each pair: whole groups first and then one head from every remaining group per round, or the rounds
/// first and then groups. Per pair the set with the smaller loss stays, that on validation text where there is one, groups first where they tie. With one
/// head per group, or one group, both orders are the same plain greedy sweep.</remarks>
internal sealed class HeadSelection
{
    private readonly LevelProblem problem;
    private readonly IGroupSweeps sweeps;
    private readonly int kvHeads;
    private readonly int queriesPerGroup;
    private readonly int threads;
    private readonly Dictionary<AttentionLevel, int[]> kept = [];
    private readonly Dictionary<AttentionLevel, double> losses = [];
    private readonly Dictionary<AttentionLevel, double> validation = [];
    private readonly HeadChain chain = new();
    private FitGap? gap;

    private HeadSelection(LevelProblem problem, IGroupSweeps sweeps, int kvHeads, int queryHeads, int threads) =>
        (this.problem, this.sweeps, this.kvHeads, queriesPerGroup, this.threads) = (problem, sweeps, kvHeads, queryHeads / kvHeads, threads);

    /// <exception cref="NotPositiveDefiniteException">More damping is needed.</exception>
    public static AttentionLevels Run(LevelProblem problem, int kvHeads, int queryHeads, IPruningDevice device)
    {
        var hessian = problem.Hessian;
        using var sweeps = device.Groups(hessian.Values.AsSpan(), hessian.Cols, problem.Weights, problem.Rows, hessian.Dead, hessian.Cols / queryHeads);
        var selection = new HeadSelection(problem, sweeps, kvHeads, queryHeads, device.Threads);
        selection.GroupsFirst();
        selection.HeadsFirst();
        selection.losses[default] = sweeps.Energy / 2;
        var levels = new AttentionLevels(new HeadSets(kvHeads, queryHeads, selection.kept), selection.losses, problem.Damping);
        return problem.Validation is null ? levels : levels with { Validation = selection.validation, Gap = selection.gap };
    }

    /// <summary>Half of the heads: of every group, or of the groups where each has one; none where there is only one head.</summary>
    private AttentionLevel Half => queriesPerGroup > 1 ? new(kvHeads, kvHeads * (queriesPerGroup / 2)) : new(kvHeads / 2, kvHeads / 2);

    private void GroupsFirst()
    {
        // A sweep passes all (g, g·R) on its way, so one to the end is enough where groups have a single head.
        for (var groups = 1; groups <= (queriesPerGroup == 1 ? 1 : kvHeads); groups++)
        {
            var sweep = Start();
            while (sweep.Groups > groups)
                chain.Add(sweep, sweep.RemoveGroup());
            while (sweep.QueriesPerGroup > 1)
                chain.Add(sweep, sweep.RemoveHeads());
            Record();
        }
    }

    private void HeadsFirst()
    {
        for (var queries = queriesPerGroup - 1; queries >= 1 && kvHeads > 1; queries--)
        {
            var sweep = Start();
            while (sweep.QueriesPerGroup > queries)
                chain.Add(sweep, sweep.RemoveHeads());
            while (sweep.Groups > 1)
                chain.Add(sweep, sweep.RemoveGroup());
            Record();
        }
    }

    private HeadSweep Start()
    {
        var sweep = new HeadSweep(sweeps.Start(), kvHeads, queriesPerGroup);
        chain.Clear();
        chain.Add(sweep, 0);
        return sweep;
    }

    /// <summary>Takes over the sets of the chain that are better than those of their levels so far.</summary>
    private void Record()
    {
        if (problem.Validation is not { } other)
        {
            foreach (var (level, heads, loss) in chain.Steps)
                if (IsBetter(losses, level, loss))
                    (losses[level], kept[level]) = (loss, heads);
            return;
        }

        var headWidth = problem.Hessian.Cols / (kvHeads * queriesPerGroup);
        var factor = problem.Factor(chain.SurvivorsFirst(headWidth), threads);
        var curve = other.Losses(factor);
        validation[default] = curve[0];
        foreach (var (level, heads, loss) in chain.Steps)
        {
            var columns = heads.Length * headWidth;
            if (!IsBetter(validation, level, curve[columns]))
                continue;
            (losses[level], kept[level], validation[level]) = (loss, heads, curve[columns]);
            if (level == Half)
                gap = problem.Gap(factor, columns, loss, curve[columns]);
        }
    }

    private static bool IsBetter(Dictionary<AttentionLevel, double> best, AttentionLevel level, double loss) =>
        !best.TryGetValue(level, out var least) || loss < least;
}
