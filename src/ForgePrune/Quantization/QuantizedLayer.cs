using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Quantization;

/// <summary>Codes of one attention block's projections; biases and norms stay what they are.</summary>
public sealed record QuantizedAttention(QuantizedMatrix Query, QuantizedMatrix Key, QuantizedMatrix Value, QuantizedMatrix Output)
{
    /// <summary>The block as a runtime computes it.</summary>
    public AttentionWeights Of(AttentionWeights block) => block with
    {
        Query = Query.ToMatrix(),
        Key = Key.ToMatrix(),
        Value = Value.ToMatrix(),
        Output = Output.ToMatrix(),
    };
}

/// <summary>Codes of one MLP block's projections.</summary>
public sealed record QuantizedMlp(QuantizedMatrix Gate, QuantizedMatrix Up, QuantizedMatrix Down)
{
    /// <inheritdoc cref="QuantizedAttention.Of"/>
    public MlpWeights Of(MlpWeights block) => block with { Gate = Gate.ToMatrix(), Up = Up.ToMatrix(), Down = Down.ToMatrix() };
}

/// <summary>Codes of one layer; null where it has no such block.</summary>
public sealed record QuantizedLayer(QuantizedAttention? Attention, QuantizedMlp? Mlp)
{
    /// <summary>The layer as a runtime computes it.</summary>
    public LayerWeights Of(LayerWeights layer) => layer with
    {
        Attention = layer.Attention is { } attention ? Attention!.Of(attention) : null,
        Mlp = layer.Mlp is { } mlp ? Mlp!.Of(mlp) : null,
    };
}

internal static class QuantizedValues
{
    public static Matrix ToMatrix(this QuantizedMatrix quantized) => new(quantized.Rows, quantized.Cols, quantized.Values());
}
