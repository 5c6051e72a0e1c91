namespace ForgePrune.Model;

/// <summary>Llama-3 rotary scaling: long wavelengths are stretched by <paramref name="Factor"/>, short ones kept, those between blended.</summary>
public sealed record RopeScaling(double Factor, double LowFreqFactor, double HighFreqFactor, int OriginalMaxPositions);
