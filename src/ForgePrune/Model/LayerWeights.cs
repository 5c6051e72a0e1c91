namespace ForgePrune.Model;

/// <summary>Weights of one attention block. Shapes: query (queryHeads·headDim × hidden), key and value (kvHeads·headDim × hidden),
/// output (hidden × queryHeads·headDim). Head h of the query reads KV head h / (queryHeads / kvHeads).</summary>
public sealed record AttentionWeights
{
    public required int KvHeads { get; init; }

    public required int QueryHeads { get; init; }

    public required Matrix Query { get; init; }

    public required Matrix Key { get; init; }

    public required Matrix Value { get; init; }

    public required Matrix Output { get; init; }

    public float[]? QueryBias { get; init; }

    public float[]? KeyBias { get; init; }

    public float[]? ValueBias { get; init; }

    public float[]? OutputBias { get; init; }

    /// <summary>RMSNorm weight over one query head (headDim), shared by all heads.</summary>
    public float[]? QueryNorm { get; init; }

    /// <summary>RMSNorm weight over one key head (headDim), shared by all heads.</summary>
    public float[]? KeyNorm { get; init; }
}

/// <summary>Weights of one gated MLP block: gate and up (ffn × hidden), down (hidden × ffn); y = down · (silu(gate x) ∘ up x).</summary>
public sealed record MlpWeights
{
    public required Matrix Gate { get; init; }

    public required Matrix Up { get; init; }

    public required Matrix Down { get; init; }

    public float[]? GateBias { get; init; }

    public float[]? UpBias { get; init; }

    public float[]? DownBias { get; init; }

    public int Ffn => Down.Cols;
}

/// <summary>One decoder layer: x += attention(norm(x)); x += mlp(norm(x)). A missing block is null and adds nothing.</summary>
public sealed record LayerWeights
{
    /// <summary>RMSNorm weight before attention (hidden); of no meaning, and mostly empty, where there is none.</summary>
    public required float[] AttentionNorm { get; init; }

    public required AttentionWeights? Attention { get; init; }

    /// <summary>RMSNorm weight before the MLP (hidden); of no meaning, and mostly empty, where there is none.</summary>
    public required float[] MlpNorm { get; init; }

    public required MlpWeights? Mlp { get; init; }
}
