using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>Kept sets from scores that do not change as units are removed, such as those of magnitude, Wanda and FLAP. Of equal scores the lower
/// index is removed first.</summary>
internal static class ScoreLevels
{
    /// <param name="scores">The score of each FFN channel; the lowest is removed first.</param>
    public static ChannelOrder Channels(IReadOnlyList<double> scores) => new(Ascending(Enumerable.Range(0, scores.Count), scores));

    /// <param name="groupScores">The score of each KV group, which decides the kept groups.</param>
    /// <param name="headScores">The score of each query head, which decides the kept heads of a kept group.</param>
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
