namespace ForgePrune.Model;

/// <summary>The rotary scaling of Llama 3 (<c>rope_type</c> "llama3" in Hugging Face transformers): long wavelengths are stretched, short ones are
/// kept, and those between are interpolated.</summary>
/// <param name="Factor">The factor of long wavelengths.</param>
/// <param name="LowFreqFactor">Wavelengths above <paramref name="OriginalMaxPositions"/> / LowFreqFactor count as long.</param>
/// <param name="HighFreqFactor">Wavelengths below <paramref name="OriginalMaxPositions"/> / HighFreqFactor count as short.</param>
/// <param name="OriginalMaxPositions">The number of positions before the context was extended.</param>
public sealed record RopeScaling(double Factor, double LowFreqFactor, double HighFreqFactor, int OriginalMaxPositions);
