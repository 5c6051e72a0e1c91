using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>What one plan keeps of each layer, whichever level is asked for.</summary>
public sealed class GivenSets(IReadOnlyList<KeptUnits> layers) : IKeptSets
{
    /// <summary>What <paramref name="sets"/> keeps at the levels of <paramref name="shapes"/>.</summary>
    public static GivenSets Of(IReadOnlyList<Model.LayerShape> shapes, IKeptSets sets) => new([.. shapes.Select((shape, layer) => new KeptUnits(
        shape.HasAttention ? [.. sets.Heads(layer, new(shape.KvHeads, shape.QueryHeads))] : [],
        shape.HasMlp ? [.. sets.Channels(layer, shape.Ffn)] : []))]);

    /// <summary>Of every layer.</summary>
    public IReadOnlyList<KeptUnits> Layers { get; } = layers;

    /// <inheritdoc/>
    public IReadOnlyList<int> Heads(int layer, AttentionLevel level) => Layers[layer].Heads;

    /// <inheritdoc/>
    public IReadOnlyList<int> Channels(int layer, int width) => Layers[layer].Channels;
}

/// <summary>What a layer keeps, ascending.</summary>
/// <param name="Heads">Query heads; none where the block is gone.</param>
/// <param name="Channels">FFN channels; none where the block is gone.</param>
public sealed record KeptUnits(int[] Heads, int[] Channels)
{
    public static KeptUnits All(Model.LayerShape shape) => new([.. Enumerable.Range(0, shape.QueryHeads)], [.. Enumerable.Range(0, shape.Ffn)]);

    /// <summary>What is left when of these units, counted anew, only <paramref name="next"/> stay.</summary>
    public KeptUnits Then(KeptUnits next) => new([.. next.Heads.Select(head => Heads[head])], [.. next.Channels.Select(channel => Channels[channel])]);
}
