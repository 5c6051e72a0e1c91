using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>The heads and channels that every level of every layer keeps.</summary>
public interface IKeptSets
{
    /// <summary>The query heads that a level keeps, as ascending indices of the dense layer, equally many from every kept KV group.</summary>
    /// <param name="layer">The index of the layer, from 0.</param>
    /// <param name="level">The level; it keeps at least one head.</param>
    IReadOnlyList<int> Heads(int layer, AttentionLevel level);

    /// <summary>The FFN channels that a width keeps, as ascending indices of the dense layer.</summary>
    /// <param name="layer">The index of the layer, from 0.</param>
    /// <param name="width">The number of channels to keep.</param>
    IReadOnlyList<int> Channels(int layer, int width);
}
