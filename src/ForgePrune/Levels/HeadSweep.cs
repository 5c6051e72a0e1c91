using ForgePrune.Kernels;

namespace ForgePrune.Levels;

/// <summary>One greedy way from the dense block downwards; every group keeps equally many heads after each step.</summary>
internal sealed class HeadSweep
{
    private readonly IGroupEliminator eliminator;
    private readonly int kvHeads;
    private readonly int queriesPerGroup;
    private double scores;

    /// <param name="eliminator">Nothing removed yet; one block per query head.</param>
    public HeadSweep(IGroupEliminator eliminator, int kvHeads, int queriesPerGroup)
    {
        (this.eliminator, this.kvHeads, this.queriesPerGroup) = (eliminator, kvHeads, queriesPerGroup);
        (Groups, QueriesPerGroup) = (kvHeads, queriesPerGroup);
    }

    /// <summary>KV groups left.</summary>
    public int Groups { get; private set; }

    /// <summary>Query heads left in each of them.</summary>
    public int QueriesPerGroup { get; private set; }

    /// <summary>Removes the group whose remaining heads cost least together (lowest index of equals); returns the loss so far.</summary>
    public double RemoveGroup()
    {
        var (best, least) = (-1, double.PositiveInfinity);
        for (var group = 0; group < kvHeads; group++)
        {
            var heads = Heads(group);
            var score = heads.Length == 0 ? double.NaN : eliminator.Score(heads);
            if (score < least)
                (best, least) = (group, score);
        }

        scores += eliminator.Remove(Heads(best));
        Groups--;
        return scores / 2;
    }

    /// <summary>Removes one head from every remaining group, always the cheapest among the groups still to be served; returns the loss so far.</summary>
    public double RemoveHeads()
    {
        var open = new bool[kvHeads * queriesPerGroup];
        for (var head = 0; head < open.Length; head++)
            open[head] = eliminator.IsLiving(head);
        for (var served = 0; served < Groups; served++)
        {
            var head = eliminator.Cheapest(open);
            scores += eliminator.Remove([head]);
            open.AsSpan(head / queriesPerGroup * queriesPerGroup, queriesPerGroup).Clear();
        }

        QueriesPerGroup--;
        return scores / 2;
    }

    /// <summary>Living heads, ascending.</summary>
    public int[] Kept() => Enumerable.Range(0, kvHeads).SelectMany(Heads).ToArray();

    private int[] Heads(int group) =>
        Enumerable.Range(group * queriesPerGroup, queriesPerGroup).Where(eliminator.IsLiving).ToArray();
}
