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

    /// <summary>The FFN channels that a shape keeps, as ascending indices of the dense layer: equally many of every expert that stays, where the shape has
    /// narrower experts than the dense layer.</summary>
    /// <param name="layer">The index of the layer, from 0.</param>
    /// <param name="shape">The shape; it keeps at least one channel.</param>
    /// <exception cref="NotSupportedException">The sets know no channels inside of experts.</exception>
    IReadOnlyList<int> Channels(int layer, LayerShape shape) => shape.ExpertWidth == 0 ? Channels(layer, shape.Ffn)
        : throw new NotSupportedException("these sets keep whole experts only");
}
