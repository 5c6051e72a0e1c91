namespace ForgePrune.Model;

/// <summary>The role of a tensor in a decoder, independent of its name in a checkpoint. Weights are (out × in).</summary>
public enum TensorRole
{
    /// <summary>The token embedding, vocab × hidden.</summary>
    Embedding,

    /// <summary>The RMSNorm weight before attention, hidden values.</summary>
    AttentionNorm,

    /// <summary>q_proj, queryHeads·headDim × hidden.</summary>
    Query,

    /// <summary>The bias of q_proj.</summary>
    QueryBias,

    /// <summary>The RMSNorm weight of the query heads, headDim values.</summary>
    QueryNorm,

    /// <summary>k_proj, kvHeads·headDim × hidden.</summary>
    Key,

    /// <summary>The bias of k_proj.</summary>
    KeyBias,

    /// <summary>The RMSNorm weight of the key heads, headDim values.</summary>
    KeyNorm,

    /// <summary>v_proj, kvHeads·headDim × hidden.</summary>
    Value,

    /// <summary>The bias of v_proj.</summary>
    ValueBias,

    /// <summary>o_proj, hidden × queryHeads·headDim.</summary>
    Output,

    /// <summary>The bias of o_proj.</summary>
    OutputBias,

    /// <summary>The RMSNorm weight before the MLP, hidden values.</summary>
    MlpNorm,

    /// <summary>gate_proj, ffn × hidden.</summary>
    Gate,

    /// <summary>The bias of gate_proj.</summary>
    GateBias,

    /// <summary>up_proj, ffn × hidden.</summary>
    Up,

    /// <summary>The bias of up_proj.</summary>
    UpBias,

    /// <summary>down_proj, hidden × ffn.</summary>
    Down,

    /// <summary>The bias of down_proj.</summary>
    DownBias,

    /// <summary>The RMSNorm weight after the last layer, hidden values.</summary>
    FinalNorm,

    /// <summary>The output head, vocab × hidden; absent where it is tied to the embedding.</summary>
    Head,

    /// <summary>The router of a block of experts, experts × hidden.</summary>
    Router,

    /// <summary>gate_proj of one expert, width × hidden.</summary>
    ExpertGate,

    /// <summary>up_proj of one expert, width × hidden.</summary>
    ExpertUp,

    /// <summary>down_proj of one expert, hidden × width.</summary>
    ExpertDown,

    /// <summary>The RMSNorm weight of what attention adds to the residual stream, hidden values.</summary>
    AttentionPostNorm,

    /// <summary>The RMSNorm weight of what the MLP adds to the residual stream, hidden values.</summary>
    MlpPostNorm,
}
