using System.Text.Json.Serialization;

namespace ForgePrune.Model;

/// <summary>The shape of one decoder layer. With no heads the layer has no attention block, with no channels no MLP block.</summary>
/// <param name="KvHeads">The number of key/value heads (KV groups).</param>
/// <param name="QueryHeads">The number of query heads, a multiple of <paramref name="KvHeads"/>: every KV group has equally many.</param>
/// <param name="Ffn">The number of FFN channels: columns of down_proj, rows of gate_proj and up_proj.</param>
public readonly record struct LayerShape(int KvHeads, int QueryHeads, int Ffn)
{
    /// <summary>The channels of each expert, <see cref="Ffn"/> divided by their number, where the layer's experts are narrower than
    /// <see cref="MlpKind.ExpertWidth"/> says; 0 where they are not, and where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ExpertWidth { get; init; }

    /// <summary>Whether the layer has an attention block.</summary>
    public bool HasAttention => KvHeads > 0;

    /// <summary>Whether the layer has an MLP block.</summary>
    public bool HasMlp => Ffn > 0;

    /// <summary>The number of query heads that share one key/value head (n_rep); 0 without attention.</summary>
    public int QueriesPerGroup => KvHeads == 0 ? 0 : QueryHeads / KvHeads;
}
