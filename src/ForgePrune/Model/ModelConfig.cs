namespace ForgePrune.Model;

/// <summary>The shape of a decoder, independent of where it was read from. Layers may differ from each other.</summary>
public sealed record ModelConfig
{
    /// <summary>The model family, as <c>model_type</c> in config.json: such as llama.</summary>
    public required string Family { get; init; }

    /// <summary>The width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>The width of one head. It need not be hidden size divided by the number of heads.</summary>
    public required int HeadDim { get; init; }

    /// <summary>The number of token ids: rows of the embedding and of the output head.</summary>
    public required int VocabSize { get; init; }

    /// <summary>The number of positions that the model supports: the longest sequence in tokens.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>The constant ε that RMSNorm adds to the mean square.</summary>
    public required double RmsNormEps { get; init; }

    /// <summary>The base θ of the rotary frequencies θ^(−2i/headDim) (Su et al. 2021).</summary>
    public required double RopeTheta { get; init; }

    /// <summary>The elements of a head that rotary embedding turns, its first ones, an even number; null for all.</summary>
    public int? RotaryDim { get; init; }

    /// <summary>The scaling of the rotary frequencies; null for none.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Whether the output head is the embedding matrix.</summary>
    public required bool TiedEmbeddings { get; init; }

    /// <summary>Whether q_proj, k_proj and v_proj have biases.</summary>
    public bool QkvBias { get; init; }

    /// <summary>Whether o_proj has a bias.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Whether gate_proj and up_proj have biases.</summary>
    public bool GateUpBias { get; init; }

    /// <summary>Whether down_proj has a bias.</summary>
    public bool DownBias { get; init; }

    /// <summary>Whether an RMSNorm is applied to each query head and each key head (Qwen3).</summary>
    public bool QkNorm { get; init; }

    /// <summary>The factor of the products of queries and keys; null: 1/√headDim.</summary>
    public double? AttentionScale { get; init; }

    /// <summary>The factor of the token embedding where it enters the residual stream (Granite's embedding_multiplier).</summary>
    public double EmbeddingScale { get; init; } = 1;

    /// <summary>The factor of what every block adds to the residual stream (Granite's residual_multiplier).</summary>
    public double ResidualScale { get; init; } = 1;

    /// <summary>What the logits are divided by (Granite's logits_scaling).</summary>
    public double LogitDivisor { get; init; } = 1;

    /// <summary>What the attention of each layer does apart from its weights; the default for layers that the list does not reach.</summary>
    public IReadOnlyList<AttentionKind> Attention { get; init; } = [];

    /// <summary>What the MLP of each layer does apart from its weights; the default for layers that the list does not reach.</summary>
    public IReadOnlyList<MlpKind> Mlp { get; init; } = [];

    /// <summary>The id that begins a sequence; null where the config names none.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>The ids that end a sequence; empty where the config names none.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>The id that pads the shorter sequences of a batch; null where the config names none. It does not change any result.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>The shape of each layer, in order.</summary>
    public required IReadOnlyList<LayerShape> Layers { get; init; }

    /// <summary>The elements of a head that turn.</summary>
    internal int RotaryWidth => RotaryDim ?? HeadDim;

    /// <summary>The factor of the products of queries and keys.</summary>
    internal double QueryScale => AttentionScale ?? 1 / Math.Sqrt(HeadDim);

    /// <summary>The factor of the logits.</summary>
    internal double LogitScale => 1 / LogitDivisor;

    /// <summary>Whether blocks compute what Llama's do but for shapes, biases, and norms of queries and keys: no factors, whole heads turned in every layer, no
    /// windows, and no experts.</summary>
    internal bool ComputesAsLlama => this is { RotaryDim: null, AttentionScale: null, EmbeddingScale: 1, ResidualScale: 1, LogitDivisor: 1 }
        && Attention.All(kind => kind == default) && !HasExperts;

    /// <summary>The kind of a layer's attention.</summary>
    internal AttentionKind KindOf(int layer) => layer < Attention.Count ? Attention[layer] : default;

    /// <summary>The kind of a layer's MLP.</summary>
    internal MlpKind MlpOf(int layer) => layer < Mlp.Count ? Mlp[layer] : default;

    /// <summary>Whether some layer has experts.</summary>
    internal bool HasExperts => Mlp.Any(kind => kind.IsRouted);

    /// <summary>The kind of all layers' MLPs. Costs of a block are asked for without a layer, so that models of both kinds have none.</summary>
    /// <exception cref="ArgumentException">The layers are of several kinds.</exception>
    internal MlpKind OneMlpKind => !HasExperts ? default
        : Enumerable.Range(0, Math.Max(Layers.Count, Mlp.Count)).Select(MlpOf).Distinct().ToArray() is [var kind] ? kind
        : throw new ArgumentException("layers with and without experts have no cost of a block in common");
}
