namespace ForgePrune.Levels;

/// <summary>The levels of one decoder layer.</summary>
/// <param name="Attention">The levels of o_proj; null where the dense layer has no attention block.</param>
/// <param name="Mlp">The levels of down_proj; null where the dense layer has no MLP block.</param>
public sealed record LayerLevels(AttentionLevels? Attention, ChannelLevels? Mlp);
