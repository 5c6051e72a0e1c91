using ForgePrune.Model;

namespace ForgePrune.Search;

/// <summary>Attention levels of one layer: g KV groups with r query heads each.</summary>
internal static class HeadLevels
{
    /// <summary>The levels of a layer of a model: all heads or none where the norm of queries and keys spans them.</summary>
    public static IReadOnlyList<AttentionLevel> For(ModelConfig config, LayerShape dense, int most) => !config.QkNormAcrossHeads || !dense.HasAttention
        ? For(dense, most) : [new(dense.KvHeads, dense.QueryHeads), default];

    /// <summary>All pairs (g, r) from dense to none. A grouped-query layer with more than <paramref name="most"/> pairs keeps those that
    /// lie closest to an even spacing of weights, the most even cut of groups and queries where several compete.</summary>
    public static IReadOnlyList<AttentionLevel> For(LayerShape dense, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 2);
        if (!dense.HasAttention)
            return [default];
        var pairs = new List<AttentionLevel> { default };
        for (var groups = 1; groups <= dense.KvHeads; groups++)
            for (var queries = 1; queries <= dense.QueriesPerGroup; queries++)
                pairs.Add(new(groups, groups * queries));
        pairs.Sort((a, b) => (Weight(b), b.QueryHeads).CompareTo((Weight(a), a.QueryHeads)));
        return dense.QueriesPerGroup == 1 || pairs.Count <= most ? pairs : Thin(pairs, dense, most);
    }

    /// <summary>At most so many of <paramref name="levels"/>, the first and the last among them, and between those what is nearest to an even spacing of
    /// weights.</summary>
    public static IReadOnlyList<AttentionLevel> Spread(IReadOnlyList<AttentionLevel> levels, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 2);
        if (levels.Count <= most)
            return levels;
        var (whole, least) = (Weight(levels[0]), Weight(levels[^1]));
        var places = Enumerable.Range(0, most).Select(slot =>
        {
            var wanted = whole + ((least - whole) * (double)slot / (most - 1));
            return Enumerable.Range(0, levels.Count).MinBy(i => Math.Abs(Weight(levels[i]) - wanted));
        });
        return [.. places.Distinct().Order().Select(place => levels[place])];
    }

    /// <summary>True when <paramref name="larger"/> keeps at least as much of everything.</summary>
    public static bool Contains(AttentionLevel larger, AttentionLevel smaller) =>
        larger.KvHeads >= smaller.KvHeads && QueriesPerGroup(larger) >= QueriesPerGroup(smaller);

    private static List<AttentionLevel> Thin(List<AttentionLevel> pairs, LayerShape dense, int most)
    {
        var whole = (double)Weight(pairs[0]);
        var kept = new List<AttentionLevel> { pairs[0] };
        for (var slot = most - 2; slot > 0; slot--)
        {
            var (low, high) = ((slot - 0.5) / (most - 1), (slot + 0.5) / (most - 1));
            var inSlot = pairs.Where(p => p.KvHeads > 0 && p != pairs[0] && Weight(p) / whole >= low && Weight(p) / whole < high);
            if (inSlot.Any())
                kept.Add(inSlot.MaxBy(p => Evenness(p, dense)));
        }
        kept.Add(default);
        return kept;
    }

    private static double Evenness(AttentionLevel level, LayerShape dense) =>
        Math.Min((double)level.KvHeads / dense.KvHeads, (double)QueriesPerGroup(level) / dense.QueriesPerGroup);

    // q and o grow with the query heads, k and v with the KV heads, all by the same factor.
    internal static int Weight(AttentionLevel level) => level.QueryHeads + level.KvHeads;

    private static int QueriesPerGroup(AttentionLevel level) => level.KvHeads == 0 ? 0 : level.QueryHeads / level.KvHeads;
}
