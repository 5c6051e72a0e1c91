namespace ForgePrune.Model;

/// <summary>What one decoder layer keeps. No heads: the layer has no attention block. No channels: it has no MLP block.</summary>
/// <param name="KvHeads">Key/value heads (KV groups).</param>
/// <param name="QueryHeads">Query heads, a multiple of <paramref name="KvHeads"/>: every group has equally many.</param>
/// <param name="Ffn">FFN channels: columns of down_proj, rows of gate_proj and up_proj.</param>
public readonly record struct LayerShape(int KvHeads, int QueryHeads, int Ffn)
{
    public bool HasAttention => KvHeads > 0;

    public bool HasMlp => Ffn > 0;

    /// <summary>Query heads that share one key/value head (n_rep).</summary>
    public int QueriesPerGroup => KvHeads == 0 ? 0 : QueryHeads / KvHeads;
}
