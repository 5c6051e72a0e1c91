using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>The kept heads and channels of one plan, independent of the level that is asked for.</summary>
/// <param name="layers">The kept units of each layer.</param>
public sealed class GivenSets(IReadOnlyList<KeptUnits> layers) : IKeptSets
{
    /// <summary>The units that <paramref name="sets"/> keeps at the levels of <paramref name="shapes"/>.</summary>
    public static GivenSets Of(IReadOnlyList<Model.LayerShape> shapes, IKeptSets sets) => new([.. shapes.Select((shape, layer) => new KeptUnits(
        shape.HasAttention ? [.. sets.Heads(layer, new(shape.KvHeads, shape.QueryHeads))] : [],
        shape.HasMlp ? [.. sets.Channels(layer, shape)] : []))]);

    /// <summary>The kept units of each layer.</summary>
    public IReadOnlyList<KeptUnits> Layers { get; } = layers;

    /// <inheritdoc/>
    public IReadOnlyList<int> Heads(int layer, AttentionLevel level) => Layers[layer].Heads;

    /// <inheritdoc/>
    public IReadOnlyList<int> Channels(int layer, int width) => Layers[layer].Channels;

    /// <inheritdoc/>
    public IReadOnlyList<int> Channels(int layer, LayerShape shape) => Layers[layer].Channels;
}

/// <summary>The units that a layer keeps, as ascending indices of the dense layer.</summary>
/// <param name="Heads">The kept query heads; empty where the attention block is removed.</param>
/// <param name="Channels">The kept FFN channels; empty where the MLP block is removed.</param>
public sealed record KeptUnits(int[] Heads, int[] Channels)
{
    /// <summary>All units of a layer.</summary>
    public static KeptUnits All(Model.LayerShape shape) => new([.. Enumerable.Range(0, shape.QueryHeads)], [.. Enumerable.Range(0, shape.Ffn)]);

    /// <summary>The composition of two cuts: <paramref name="next"/> selects among these units, which it counts from 0.</summary>
    public KeptUnits Then(KeptUnits next) => new([.. next.Heads.Select(head => Heads[head])], [.. next.Channels.Select(channel => Channels[channel])]);
}
