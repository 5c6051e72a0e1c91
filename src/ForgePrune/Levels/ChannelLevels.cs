namespace ForgePrune.Levels;

/// <summary>Every level of one down_proj: the order of removal and what each width costs. No weights: they are refitted when needed.</summary>
/// <param name="Order">Which channels leave first.</param>
/// <param name="Losses">Losses[w] = ½·tr(D H Dᵀ) with w channels kept and refitted, H damped; Losses[dense width] = 0.</param>
/// <param name="Damping">What made H positive definite.</param>
public sealed record ChannelLevels(ChannelOrder Order, IReadOnlyList<double> Losses, Damping Damping);
