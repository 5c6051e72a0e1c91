namespace ForgePrune.Levels;

/// <summary>The levels of one decoder layer; null where the dense layer has no such block.</summary>
public sealed record LayerLevels(AttentionLevels? Attention, ChannelLevels? Mlp);
