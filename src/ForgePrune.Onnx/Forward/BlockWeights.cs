using ForgePrune.Model;

namespace ForgePrune.Onnx.Forward;

/// <summary>The weights of a block as inputs of its graph. Norms, which float32 computes with in any type, stay float32.</summary>
internal static class BlockWeights
{
    /// <param name="narrow">Makes weights of the place's type; null where that is float32.</param>
    public static void Add(TensorSet inputs, NarrowWeights? narrow, AttentionWeights weights)
    {
        Add(inputs, narrow, ("query", weights.Query), ("key", weights.Key), ("value", weights.Value), ("output", weights.Output));
        AddBiases(inputs, narrow, ("query_bias", weights.QueryBias), ("key_bias", weights.KeyBias), ("value_bias", weights.ValueBias),
            ("output_bias", weights.OutputBias));
        inputs.AddIfThere("query_norm", weights.QueryNorm);
        inputs.AddIfThere("key_norm", weights.KeyNorm);
        inputs.AddIfThere("post_norm", weights.PostNorm);
    }

    /// <inheritdoc cref="Add(TensorSet, NarrowWeights?, AttentionWeights)"/>
    public static void Add(TensorSet inputs, NarrowWeights? narrow, MlpWeights weights)
    {
        Add(inputs, narrow, ("gate", weights.Gate), ("up", weights.Up), ("down", weights.Down));
        AddBiases(inputs, narrow, ("gate_bias", weights.GateBias), ("up_bias", weights.UpBias), ("down_bias", weights.DownBias));
        inputs.AddIfThere("post_norm", weights.PostNorm);
    }

    private static void Add(TensorSet inputs, NarrowWeights? narrow, params ReadOnlySpan<(string Name, Matrix Matrix)> matrices)
    {
        foreach (var (name, matrix) in matrices)
        {
            if (narrow is null)
                inputs.Add(name, matrix);
            else
                narrow.Add(inputs, name, matrix);
        }
    }

    private static void AddBiases(TensorSet inputs, NarrowWeights? narrow, params ReadOnlySpan<(string Name, float[]? Values)> biases)
    {
        foreach (var (name, values) in biases)
        {
            if (narrow is null)
                inputs.AddIfThere(name, values);
            else
                narrow.AddIfThere(inputs, name, values);
        }
    }
}
