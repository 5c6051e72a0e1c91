using ForgePrune.Model;
using ForgePrune.Search.Costs;

namespace ForgePrune.Search;

/// <summary>Drops levels that cost no less than a larger one: measured times are staircases, and only the lower envelope is worth having.</summary>
internal static class LevelFilter
{
    /// <param name="widths">Descending.</param>
    public static IReadOnlyList<int> CheaperWidths(IReadOnlyList<int> widths, ICostModel cost)
    {
        var kept = new List<int>();
        var least = double.PositiveInfinity;
        foreach (var width in widths)
        {
            if (cost.Mlp(width) >= least)
                continue;
            least = cost.Mlp(width);
            kept.Add(width);
        }
        return kept;
    }

    /// <summary>Levels are compared with those that contain them; what remains comes in the order of falling cost, one level per cost.</summary>
    public static IReadOnlyList<AttentionLevel> CheaperAttention(IReadOnlyList<AttentionLevel> levels, ICostModel cost)
    {
        var envelope = levels.Where(level =>
            !levels.Any(other => other != level && HeadLevels.Contains(other, level) && cost.Attention(other) <= cost.Attention(level)));
        return [.. envelope.OrderByDescending(cost.Attention).ThenByDescending(level => level.QueryHeads).DistinctBy(cost.Attention)];
    }
}
