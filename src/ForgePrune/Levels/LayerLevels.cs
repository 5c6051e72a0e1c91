namespace ForgePrune.Levels;

/// <summary>The levels of one decoder layer.</summary>
/// <param name="Attention">The levels of o_proj; null where the dense layer has no attention block.</param>
/// <param name="Mlp">The levels of down_proj; null where the dense layer has no MLP block.</param>
/// <remarks>Of a block of experts, <paramref name="Mlp"/> is the order in which whole experts leave.</remarks>
public sealed record LayerLevels(AttentionLevels? Attention, ChannelLevels? Mlp)
{
    /// <summary>The levels of each expert's down_proj, over its own channels; null where there are no experts.</summary>
    public IReadOnlyList<ChannelLevels>? Experts { get; init; }
}
