namespace ForgePrune.Model;

/// <summary>A size of a block of experts.</summary>
/// <param name="Experts">The number of experts.</param>
/// <param name="Width">The channels of each.</param>
public readonly record struct ExpertLevel(int Experts, int Width);
