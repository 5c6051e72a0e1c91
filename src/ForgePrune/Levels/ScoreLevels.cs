using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>Kept sets from scores that do not change as units leave: magnitude, Wanda, FLAP and the like. Equal scores: the lower index leaves first.</summary>
public static class ScoreLevels
{
    /// <param name="scores">One per FFN channel; the lowest leaves first.</param>
    public static ChannelOrder Channels(IReadOnlyList<double> scores) => new(Ascending(Enumerable.Range(0, scores.Count), scores));

    /// <param name="groupScores">One per KV group: decides which groups stay.</param>
    /// <param name="headScores">One per query head: decides which heads of a staying group stay.</param>
    public static HeadSets Heads(IReadOnlyList<double> groupScores, IReadOnlyList<double> headScores)
    {
        var (kvHeads, queriesPerGroup) = (groupScores.Count, headScores.Count / groupScores.Count);
        var groups = Ascending(Enumerable.Range(0, kvHeads), groupScores);
        var heads = Enumerable.Range(0, kvHeads)
            .Select(group => Ascending(Enumerable.Range(group * queriesPerGroup, queriesPerGroup), headScores)).ToArray();
        return new HeadSets(kvHeads, headScores.Count, HeadSets.Pairs(kvHeads, headScores.Count).ToDictionary(level => level, Kept));

        int[] Kept(AttentionLevel level) => groups[^level.KvHeads..]
            .SelectMany(group => heads[group][^(level.QueryHeads / level.KvHeads)..]).Order().ToArray();
    }

    private static int[] Ascending(IEnumerable<int> units, IReadOnlyList<double> scores) => units.OrderBy(unit => scores[unit]).ThenBy(unit => unit).ToArray();
}
