using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>The units that one layer of a given shape keeps.</summary>
internal sealed class KeptBlocks(int layer, LayerShape shape, IKeptSets sets)
{
    /// <summary>Query heads, ascending; null where no attention is left.</summary>
    public IReadOnlyList<int>? Heads { get; } = shape.HasAttention ? sets.Heads(layer, new AttentionLevel(shape.KvHeads, shape.QueryHeads)) : null;

    /// <summary>FFN channels, ascending; null where no MLP is left.</summary>
    public IReadOnlyList<int>? Channels { get; } = shape.HasMlp ? sets.Channels(layer, shape) : null;

    /// <summary>The dense indices of the experts that stay, ascending; none of other blocks.</summary>
    public int[] Experts(MlpKind dense) => dense.IsRouted ? ExpertLevels.Among(Channels ?? [], dense).Experts : [];

    /// <summary>Their names in messages.</summary>
    public string[] ExpertNames(MlpKind dense) => [.. Experts(dense).Select(expert => ExpertLevels.Name(layer, expert))];

    /// <summary>The columns of o_proj that belong to <see cref="Heads"/>.</summary>
    public int[] HeadColumns(AttentionWeights dense) => BlockSlice.Indices(Heads!, dense.Output.Cols / dense.QueryHeads);

    /// <summary>One line that differs when the sets do.</summary>
    public override string ToString() => $"{string.Join(' ', Heads ?? [])};{string.Join(' ', Channels ?? [])}";
}
