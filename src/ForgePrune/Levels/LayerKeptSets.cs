using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>Kept sets that are given layer by layer.</summary>
/// <param name="layers">The sets of each layer; null where the layer has no such block.</param>
public sealed class LayerKeptSets(IReadOnlyList<(HeadSets? Heads, ChannelOrder? Channels)> layers) : IKeptSets
{
    /// <inheritdoc/>
    public IReadOnlyList<int> Heads(int layer, AttentionLevel level) => layers[layer].Heads!.Heads(level);

    /// <inheritdoc/>
    public IReadOnlyList<int> Channels(int layer, int width) => layers[layer].Channels!.Kept(width);
}
