using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>Every level of one o_proj: which heads each pair keeps and what it costs. No weights: they are refitted when needed.</summary>
/// <param name="Sets">Kept heads per level.</param>
/// <param name="Losses">½·tr(D H Dᵀ) per level with the kept columns refitted, H damped; (0, 0) and the dense level are listed too.</param>
/// <param name="Damping">What made H positive definite.</param>
public sealed record AttentionLevels(HeadSets Sets, IReadOnlyDictionary<AttentionLevel, double> Losses, Damping Damping);
