namespace ForgePrune.Model;

/// <summary>Weights of one attention block. Shapes: query (queryHeads·headDim × hidden), key and value (kvHeads·headDim × hidden),
/// output (hidden × queryHeads·headDim). Head h of the query reads KV head h / (queryHeads / kvHeads).</summary>
public sealed record AttentionWeights
{
    /// <summary>The number of key/value heads.</summary>
    public required int KvHeads { get; init; }

    /// <summary>The number of query heads.</summary>
    public required int QueryHeads { get; init; }

    /// <summary>What the block does apart from its weights.</summary>
    public AttentionKind Kind { get; init; }

    /// <summary>q_proj, queryHeads·headDim × hidden.</summary>
    public required Matrix Query { get; init; }

    /// <summary>k_proj, kvHeads·headDim × hidden.</summary>
    public required Matrix Key { get; init; }

    /// <summary>v_proj, kvHeads·headDim × hidden.</summary>
    public required Matrix Value { get; init; }

    /// <summary>o_proj, hidden × queryHeads·headDim.</summary>
    public required Matrix Output { get; init; }

    /// <summary>The bias of q_proj, queryHeads·headDim values; null for none.</summary>
    public float[]? QueryBias { get; init; }

    /// <summary>The bias of k_proj, kvHeads·headDim values; null for none.</summary>
    public float[]? KeyBias { get; init; }

    /// <summary>The bias of v_proj, kvHeads·headDim values; null for none.</summary>
    public float[]? ValueBias { get; init; }

    /// <summary>The bias of o_proj, hidden values; null for none.</summary>
    public float[]? OutputBias { get; init; }

    /// <summary>The RMSNorm weight of what the block adds to the residual stream, hidden values; null for none.</summary>
    public float[]? PostNorm { get; init; }

    /// <summary>The RMSNorm weight of the queries (Qwen3), headDim values shared by all heads, or queryHeads·headDim over all of them; null for none.</summary>
    public float[]? QueryNorm { get; init; }

    /// <summary>The RMSNorm weight of the keys (Qwen3), headDim values shared by all heads, or kvHeads·headDim over all of them; null for none.</summary>
    public float[]? KeyNorm { get; init; }

    /// <summary>The layer that the block belongs to, for whoever has to name it; null where nobody said.</summary>
    internal int? Layer { get; init; }
}

/// <summary>Weights of one gated MLP block: gate and up (ffn × hidden), down (hidden × ffn); y = down · (a(gate x) ∘ up x) (Shazeer 2020), where a is the
/// model's <see cref="ModelConfig.Activation"/>. Where the block is one of experts, ffn counts the channels of all of them, expert after expert, and
/// a(gate x) ∘ up x is multiplied by the token's weight for the channel's expert: see <see cref="MlpKind"/>.</summary>
public sealed record MlpWeights
{
    /// <summary>gate_proj, ffn × hidden.</summary>
    public required Matrix Gate { get; init; }

    /// <summary>up_proj, ffn × hidden.</summary>
    public required Matrix Up { get; init; }

    /// <summary>down_proj, hidden × ffn.</summary>
    public required Matrix Down { get; init; }

    /// <summary>The bias of gate_proj, ffn values; null for none.</summary>
    public float[]? GateBias { get; init; }

    /// <summary>The bias of up_proj, ffn values; null for none.</summary>
    public float[]? UpBias { get; init; }

    /// <summary>The bias of down_proj, hidden values; null for none.</summary>
    public float[]? DownBias { get; init; }

    /// <summary>What the block does apart from its weights.</summary>
    public MlpKind Kind { get; init; }

    /// <summary>The router, experts × hidden; null where there are no experts.</summary>
    public Matrix? Router { get; init; }

    /// <summary>What is added to the router's logits, one value for each expert: −∞ masks one. Null for nothing.</summary>
    public float[]? RouterBias { get; init; }

    /// <summary>The RMSNorm weight of what the block adds to the residual stream, hidden values; null for none.</summary>
    public float[]? PostNorm { get; init; }

    /// <summary>The number of FFN channels.</summary>
    public int Ffn => Down.Cols;

    /// <inheritdoc cref="AttentionWeights.Layer"/>
    internal int? Layer { get; init; }
}

/// <summary>One decoder layer: x += attention(norm(x)); x += mlp(norm(x)), with the norms where the model has them. A missing block is null and adds
/// nothing.</summary>
public sealed record LayerWeights
{
    /// <summary>The RMSNorm weight before attention, hidden values; empty where the model has none there; unused, and mostly empty, where there is no attention
    /// block.</summary>
    public required float[] AttentionNorm { get; init; }

    /// <summary>The attention block; null where it is removed.</summary>
    public required AttentionWeights? Attention { get; init; }

    /// <summary>The RMSNorm weight before the MLP, hidden values; empty where the model has none there; unused, and mostly empty, where there is no MLP
    /// block.</summary>
    public required float[] MlpNorm { get; init; }

    /// <summary>The MLP block; null where it is removed.</summary>
    public required MlpWeights? Mlp { get; init; }
}
