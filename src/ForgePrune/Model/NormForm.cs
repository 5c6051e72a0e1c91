namespace ForgePrune.Model;

/// <summary>Norms of families that store w and multiply by 1 + w (Gemma). In memory every norm is the factor itself; the sum is the one that the class makes
/// in float32.</summary>
internal static class NormForm
{
    /// <summary>1 + w.</summary>
    public static float[] Factors(float[] stored) => Array.ConvertAll(stored, value => 1 + value);

    /// <summary>w. Below ½ a factor may have a bit more than w can hold; <see cref="Settled"/> takes it off beforehand.</summary>
    public static float[] Stored(float[] factors) => Array.ConvertAll(factors, value => value - 1);

    /// <summary>Factors as they are when they have been written and read back: where a norm is made anew, so that a model keeps its hash on the disk.</summary>
    public static float[] Settled(ModelConfig config, float[] factors) =>
        ModelFamilies.Find(config.Family) is { NormsAddOne: true } ? Factors(Stored(factors)) : factors;
}
