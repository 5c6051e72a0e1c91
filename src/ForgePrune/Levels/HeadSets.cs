using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>The query heads that every attention level of one layer keeps, for all pairs (g KV groups, g·r query heads).
/// Sets of different pairs need not be nested.</summary>
public sealed class HeadSets
{
    private readonly IReadOnlyDictionary<AttentionLevel, int[]> kept;

    /// <summary>Sets that were computed before.</summary>
    /// <param name="kvHeads">The number of KV groups of the dense block.</param>
    /// <param name="queryHeads">The number of query heads of the dense block.</param>
    /// <param name="kept">The kept query heads of each level, ascending, equally many from every kept group.</param>
    /// <exception cref="ArgumentException">A set does not fit its level.</exception>
    public HeadSets(int kvHeads, int queryHeads, IReadOnlyDictionary<AttentionLevel, int[]> kept)
    {
        (KvHeads, QueryHeads, this.kept) = (kvHeads, queryHeads, kept);
        foreach (var (level, heads) in kept)
            Check(level, heads);
    }

    /// <summary>The number of KV groups of the dense block.</summary>
    public int KvHeads { get; }

    /// <summary>The number of query heads of the dense block.</summary>
    public int QueryHeads { get; }

    /// <summary>The number of query heads per KV group in the dense block.</summary>
    public int QueriesPerGroup => QueryHeads / KvHeads;

    /// <summary>The levels that have a set, without (0, 0).</summary>
    public IEnumerable<AttentionLevel> Levels => kept.Keys;

    /// <summary>The query heads that <paramref name="level"/> keeps, ascending.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such level.</exception>
    public int[] Heads(AttentionLevel level) => kept.TryGetValue(level, out var heads)
        ? heads
        : throw new ArgumentOutOfRangeException(nameof(level), level, $"no such level of {KvHeads} groups and {QueryHeads} heads");

    /// <summary>The KV groups of <paramref name="heads"/>, ascending.</summary>
    public static int[] Groups(IReadOnlyList<int> heads, int queriesPerGroup) =>
        heads.Select(head => head / queriesPerGroup).Distinct().ToArray();

    /// <summary>Every pair (g, g·r), dense first, by falling group count and then falling heads; (0, 0) is not listed.</summary>
    public static IEnumerable<AttentionLevel> Pairs(int kvHeads, int queryHeads)
    {
        for (var groups = kvHeads; groups >= 1; groups--)
            for (var queries = queryHeads / kvHeads; queries >= 1; queries--)
                yield return new AttentionLevel(groups, groups * queries);
    }

    private void Check(AttentionLevel level, int[] heads)
    {
        var perGroup = heads.GroupBy(head => head / QueriesPerGroup).ToArray();
        var sorted = heads.Zip(heads.Skip(1)).All(pair => pair.First < pair.Second);
        var inside = heads.All(head => (uint)head < (uint)QueryHeads);
        if (!sorted || !inside || heads.Length != level.QueryHeads || perGroup.Length != level.KvHeads
            || perGroup.Any(group => group.Count() * level.KvHeads != level.QueryHeads))
            throw new ArgumentException($"heads [{string.Join(", ", heads)}] are not a level {level}", nameof(heads));
    }
}
