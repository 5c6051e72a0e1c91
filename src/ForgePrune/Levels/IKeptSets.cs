using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>Which heads and channels every level keeps, ascending.</summary>
public interface IKeptSets
{
    /// <summary>Dense indices of the query heads kept at <paramref name="level"/>: equally many from every kept KV group.</summary>
    IReadOnlyList<int> Heads(int layer, AttentionLevel level);

    /// <summary>Dense indices of the <paramref name="width"/> FFN channels kept.</summary>
    IReadOnlyList<int> Channels(int layer, int width);
}
