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

    /// <summary>The base of layers whose <see cref="AttentionKind.Local"/> is set, which no scaling changes; null where no layer has another base.</summary>
    public double? LocalRopeTheta { get; init; }

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

    /// <summary>Whether those norms are over all heads of a token together, with a weight for each element (OLMo 2). Removing a head would change the
    /// others.</summary>
    public bool QkNormAcrossHeads { get; init; }

    /// <summary>Where the norms of blocks stand.</summary>
    public BlockNorms Norms { get; init; }

    /// <summary>What the gate of MLP blocks passes through.</summary>
    public GateActivation Activation { get; init; }

    /// <summary>The bound c of scores, which become c·tanh(s/c) before the softmax (Gemma 2); null for none.</summary>
    public double? ScoreCap { get; init; }

    /// <summary>The bound c of logits, which become c·tanh(z/c) (Gemma 2); null for none.</summary>
    public double? LogitCap { get; init; }

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

    /// <summary>Whether norms stand on what blocks read.</summary>
    internal bool NormsBefore => Norms != BlockNorms.Behind;

    /// <summary>Whether norms stand on what blocks add to the residual stream.</summary>
    internal bool NormsBehind => Norms != BlockNorms.Before;

    /// <summary>Whether blocks compute what Llama's do but for shapes, biases, and norms of queries and keys: no factors nor bounds, norms before blocks, SiLU,
    /// whole heads turned alike in every layer, no windows, and no experts.</summary>
    internal bool ComputesAsLlama => this is
    {
        RotaryDim: null, AttentionScale: null, EmbeddingScale: 1, ResidualScale: 1, LogitDivisor: 1, ScoreCap: null, LogitCap: null,
        Norms: BlockNorms.Before, Activation: GateActivation.Silu, QkNormAcrossHeads: false,
    } && Attention.All(kind => kind == default) && !HasExperts;

    /// <summary>The length of the norms of <paramref name="heads"/> query or key heads.</summary>
    internal int HeadNormWidth(int heads) => QkNormAcrossHeads ? heads * HeadDim : HeadDim;

    /// <summary>The config with the rotary frequencies of a layer for those of all.</summary>
    internal ModelConfig TurningAs(AttentionKind kind) => kind.Local
        ? this with { RopeTheta = LocalRopeTheta ?? throw new InvalidOperationException("a local layer without a base of its own"), RopeScaling = null }
        : this;

    /// <summary>The kind of a layer's attention.</summary>
    internal AttentionKind KindOf(int layer) => layer < Attention.Count ? Attention[layer] : default;

    /// <summary>The kind of a layer's MLP, its experts as narrow as the layer's shape says.</summary>
    internal MlpKind MlpOf(int layer) => layer >= Mlp.Count ? default : layer < Layers.Count ? Mlp[layer].Narrowed(Layers[layer].ExpertWidth) : Mlp[layer];

    /// <summary>Whether some layer has experts.</summary>
    internal bool HasExperts => Mlp.Any(kind => kind.IsRouted);

    /// <summary>The kind of all layers' MLPs. Costs of a block are asked for without a layer, so that models of both kinds have none.</summary>
    /// <exception cref="ArgumentException">The layers are of several kinds.</exception>
    internal MlpKind OneMlpKind => !HasExperts ? default
        : Enumerable.Range(0, Math.Max(Layers.Count, Mlp.Count)).Select(MlpOf).Distinct().ToArray() is [var kind] ? kind
        : throw new ArgumentException("layers with and without experts have no cost of a block in common");
}
