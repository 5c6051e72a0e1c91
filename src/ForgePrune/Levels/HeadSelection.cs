using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>Chooses the query heads of every pair (g KV groups, g·r query heads).</summary>
/// <remarks>Two greedy orders reach each pair: whole groups first and then one head from every remaining group per round, or the rounds
/// first and then groups. Per pair the set with the smaller loss stays, groups first where they tie. With one head per group, or one
/// group, both orders are the same plain greedy sweep.</remarks>
internal sealed class HeadSelection
{
    private readonly IGroupSweeps sweeps;
    private readonly int kvHeads;
    private readonly int queriesPerGroup;
    private readonly Dictionary<AttentionLevel, int[]> kept = [];
    private readonly Dictionary<AttentionLevel, double> losses = [];

    private HeadSelection(IGroupSweeps sweeps, int kvHeads, int queryHeads) =>
        (this.sweeps, this.kvHeads, queriesPerGroup) = (sweeps, kvHeads, queryHeads / kvHeads);

    /// <exception cref="NotPositiveDefiniteException">More damping is needed.</exception>
    public static AttentionLevels Run(Hessian hessian, ReadOnlySpan<double> weights, int rows, int kvHeads, int queryHeads, Damping damping,
        IPruningDevice device)
    {
        using var sweeps = device.Groups(hessian.Values, hessian.Cols, weights, rows, hessian.Dead, hessian.Cols / queryHeads);
        var selection = new HeadSelection(sweeps, kvHeads, queryHeads);
        selection.GroupsFirst();
        selection.HeadsFirst();
        selection.losses[default] = sweeps.Energy / 2;
        return new AttentionLevels(new HeadSets(kvHeads, queryHeads, selection.kept), selection.losses, damping);
    }

    private void GroupsFirst()
    {
        // A sweep passes all (g, g·R) on its way, so one to the end is enough where groups have a single head.
        for (var groups = 1; groups <= (queriesPerGroup == 1 ? 1 : kvHeads); groups++)
        {
            var sweep = Start();
            while (sweep.Groups > groups)
                Record(sweep, sweep.RemoveGroup());
            while (sweep.QueriesPerGroup > 1)
                Record(sweep, sweep.RemoveHeads());
        }
    }

    private void HeadsFirst()
    {
        for (var queries = queriesPerGroup - 1; queries >= 1 && kvHeads > 1; queries--)
        {
            var sweep = Start();
            while (sweep.QueriesPerGroup > queries)
                Record(sweep, sweep.RemoveHeads());
            while (sweep.Groups > 1)
                Record(sweep, sweep.RemoveGroup());
        }
    }

    private HeadSweep Start()
    {
        var sweep = new HeadSweep(sweeps.Start(), kvHeads, queriesPerGroup);
        Record(sweep, 0);
        return sweep;
    }

    private void Record(HeadSweep sweep, double loss)
    {
        var level = new AttentionLevel(sweep.Groups, sweep.Groups * sweep.QueriesPerGroup);
        if (losses.TryGetValue(level, out var best) && best <= loss)
            return;
        losses[level] = loss;
        kept[level] = sweep.Kept();
    }
}
