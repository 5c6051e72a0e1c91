using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Quantization;

/// <summary>The codes of the projections of one attention block; biases and norms are not quantized.</summary>
/// <param name="Query">q_proj, queryHeads·headDim × hidden.</param>
/// <param name="Key">k_proj, kvHeads·headDim × hidden.</param>
/// <param name="Value">v_proj, kvHeads·headDim × hidden.</param>
/// <param name="Output">o_proj, hidden × queryHeads·headDim.</param>
public sealed record QuantizedAttention(QuantizedMatrix Query, QuantizedMatrix Key, QuantizedMatrix Value, QuantizedMatrix Output)
{
    /// <summary>The block with the values that the codes stand for.</summary>
    public AttentionWeights Of(AttentionWeights block) => block with
    {
        Query = Query.ToMatrix(),
        Key = Key.ToMatrix(),
        Value = Value.ToMatrix(),
        Output = Output.ToMatrix(),
    };
}

/// <summary>The codes of the projections of one MLP block.</summary>
/// <param name="Gate">gate_proj, ffn × hidden.</param>
/// <param name="Up">up_proj, ffn × hidden.</param>
/// <param name="Down">down_proj, hidden × ffn.</param>
public sealed record QuantizedMlp(QuantizedMatrix Gate, QuantizedMatrix Up, QuantizedMatrix Down)
{
    /// <inheritdoc cref="QuantizedAttention.Of"/>
    public MlpWeights Of(MlpWeights block) => block with { Gate = Gate.ToMatrix(), Up = Up.ToMatrix(), Down = Down.ToMatrix() };
}

/// <summary>The codes of one layer.</summary>
/// <param name="Attention">The attention block; null where the layer has none.</param>
/// <param name="Mlp">The MLP block; null where the layer has none.</param>
public sealed record QuantizedLayer(QuantizedAttention? Attention, QuantizedMlp? Mlp)
{
    /// <summary>The layer with the values that the codes stand for.</summary>
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
