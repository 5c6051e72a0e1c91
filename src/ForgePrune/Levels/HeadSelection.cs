using ForgePrune.Kernels;
using ForgePrune.Memory;
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
    private FitGap? gap;

    private HeadSelection(LevelProblem problem, IGroupSweeps sweeps, int kvHeads, int queryHeads, int threads) =>
        (this.problem, this.sweeps, this.kvHeads, queriesPerGroup, this.threads) = (problem, sweeps, kvHeads, queryHeads / kvHeads, threads);

    /// <exception cref="NotPositiveDefiniteException">More damping is needed.</exception>
    public static AttentionLevels Run(LevelProblem problem, int kvHeads, int queryHeads, IPruningDevice device)
    {
        var hessian = problem.Hessian;
        using var sweeps = device.Groups(hessian.Values.AsSpan(), hessian.Cols, problem.Weights, problem.Rows, hessian.Dead, hessian.Cols / queryHeads);
        var selection = new HeadSelection(problem, sweeps, kvHeads, queryHeads, device.Threads);
        selection.Choose();
        selection.losses[default] = sweeps.Energy / 2;
        var levels = new AttentionLevels(new HeadSets(kvHeads, queryHeads, selection.kept), selection.losses, problem.Damping);
        return problem.Validation is null ? levels : levels with { Validation = selection.validation, Gap = selection.gap };
    }

    private int HeadWidth => problem.Hessian.Cols / (kvHeads * queriesPerGroup);

    /// <summary>Half of the heads: of every group, or of the groups where each has one; none where there is only one head.</summary>
    private AttentionLevel Half => queriesPerGroup > 1 ? new(kvHeads, kvHeads * (queriesPerGroup / 2)) : new(kvHeads / 2, kvHeads / 2);

    private void Choose()
    {
        Action<HeadSweep, HeadChain>[] ways = [.. GroupsFirst(), .. HeadsFirst()];
        var (chains, unseen) = (new HeadChain[ways.Length], new double[]?[ways.Length]);
        var atOnce = sweeps.AtOnce(ways.Length);
        Workers.For(ways.Length, atOnce, way =>
        {
            var (sweep, chain) = (new HeadSweep(sweeps.Start(atOnce), kvHeads, queriesPerGroup), new HeadChain());
            chain.Add(sweep, 0);
            ways[way](sweep, chain);
            (chains[way], unseen[way]) = (chain, Unseen(chain, threads / atOnce));
            // Every way has matrices of its own.
            LargeArrays.Settle();
        });
        HeadChain? half = null;
        foreach (var (chain, other) in chains.Zip(unseen))
            if (Record(chain, other))
                half = chain;
        if (half is not null && problem.Validation is not null)
            gap = problem.Gap(problem.Factor(half.SurvivorsFirst(HeadWidth), threads), Half.QueryHeads * HeadWidth, losses[Half], validation[Half]);
    }

    private IEnumerable<Action<HeadSweep, HeadChain>> GroupsFirst()
    {
        // A sweep passes all (g, g·R) on its way, so one to the end is enough where groups have a single head.
        for (var least = 1; least <= (queriesPerGroup == 1 ? 1 : kvHeads); least++)
        {
            var groups = least;
            yield return (sweep, chain) =>
            {
                while (sweep.Groups > groups)
                    chain.Add(sweep, sweep.RemoveGroup());
                while (sweep.QueriesPerGroup > 1)
                    chain.Add(sweep, sweep.RemoveHeads());
            };
        }
    }

    private IEnumerable<Action<HeadSweep, HeadChain>> HeadsFirst()
    {
        for (var most = queriesPerGroup - 1; most >= 1 && kvHeads > 1; most--)
        {
            var queries = most;
            yield return (sweep, chain) =>
            {
                while (sweep.QueriesPerGroup > queries)
                    chain.Add(sweep, sweep.RemoveHeads());
                while (sweep.Groups > 1)
                    chain.Add(sweep, sweep.RemoveGroup());
            };
        }
    }

    /// <summary>The losses of the chain's sets on validation text, and behind them that of no heads at all; null where there is no such text.</summary>
    private double[]? Unseen(HeadChain chain, int threads) => problem.Validation?.Losses(
        problem.Factor(chain.SurvivorsFirst(HeadWidth), threads), [.. chain.Steps.Select(step => step.Heads.Length * HeadWidth), 0]);

    /// <summary>Takes over the sets of a chain that are better than those of their levels so far.</summary>
    /// <returns>Whether that of <see cref="Half"/> is among them.</returns>
    private bool Record(HeadChain chain, double[]? unseen)
    {
        var half = false;
        if (unseen is not null)
            validation[default] = unseen[^1];
        foreach (var ((level, heads, loss), step) in chain.Steps.Select((step, index) => (step, index)))
        {
            if (!(unseen is null ? IsBetter(losses, level, loss) : IsBetter(validation, level, unseen[step])))
                continue;
            (losses[level], kept[level]) = (loss, heads);
            if (unseen is not null)
                validation[level] = unseen[step];
            half |= level == Half;
        }

        return half;
    }

    private static bool IsBetter(Dictionary<AttentionLevel, double> best, AttentionLevel level, double loss) =>
        !best.TryGetValue(level, out var least) || loss < least;
}
