using ForgePrune.Model;

namespace ForgePrune.Gguf.Layers;

/// <summary>The architecture of llama.cpp that computes what a model computes.</summary>
/// <param name="Name">The value of general.architecture, and the prefix of its keys.</param>
/// <param name="LayersDiffer">Heads and widths are lists, one entry for each layer; otherwise every layer has those of the first.</param>
/// <param name="TurnsPairs">Rotary embedding turns neighboring rows of a head; otherwise halves, as Hugging Face does.</param>
/// <param name="JoinsQkv">Query, key and value are one tensor.</param>
/// <param name="JoinsGateUp">Gate and up are one tensor, under the name of up.</param>
/// <param name="AlwaysAttends">No layer may be without attention.</param>
internal sealed record GgufArchitecture(
    string Name, bool LayersDiffer = false, bool TurnsPairs = false, bool JoinsQkv = false, bool JoinsGateUp = false, bool AlwaysAttends = false)
{
    /// <summary>The biases that it has a place for.</summary>
    private GgufBiases Biases { get; init; } = GgufBiases.None;

    /// <summary>Whether queries and keys have norms of their own; it takes no model that has the other.</summary>
    private bool QkNorm { get; init; }

    /// <summary>Whether those norms are over all heads together.</summary>
    private bool QkNormAcrossHeads { get; init; }

    /// <summary>Whether it wants a head of its own.</summary>
    private bool NeverTied { get; init; }

    /// <summary>Whether it reads divisors of the rotary frequencies.</summary>
    private bool ScalesRope { get; init; }

    /// <summary>Whether it may turn a part of each head.</summary>
    private bool TurnsParts { get; init; }

    /// <summary>Whether a head of its own is another than the embedding.</summary>
    private bool AlwaysTied { get; init; }

    /// <summary>Whether it takes the heads of a layer to be together as wide as the hidden state.</summary>
    private bool HeadsFillHidden { get; init; }

    /// <summary>Whether it has a place for experts.</summary>
    private bool TakesExperts { get; init; }

    /// <summary>Whether every MLP is one of experts.</summary>
    private bool WantsExperts { get; init; }

    /// <summary>Every how many layers one is without rotary embedding; 0 for none.</summary>
    private int UnrotatedEvery { get; init; }

    /// <summary>Whether the factors of embedding, scores, blocks and logits are keys; otherwise they are folded into the weights.</summary>
    public bool Multiplies { get; private init; }

    /// <summary>Where it has norms.</summary>
    private BlockNorms Norms { get; init; }

    /// <summary>What its gates pass through.</summary>
    private GateActivation Activation { get; init; }

    /// <summary>Whether it multiplies the embedding by √hidden.</summary>
    private bool EmbeddingByRoot { get; init; }

    /// <summary>Whether it bounds scores and logits; it takes no model that does not.</summary>
    public bool Caps { get; private init; }

    /// <summary>Whether it divides rotary frequencies by one factor.</summary>
    public bool LinearRope { get; private init; }

    /// <summary>Whether it computes yarn itself, where that has its usual numbers.</summary>
    public bool Yarn { get; private init; }

    /// <summary>Every how many layers one sees the whole past where the others slide; 0 where none does.</summary>
    private int FullEvery { get; init; }

    /// <summary>Whether layers that slide turn by a base of their own.</summary>
    private bool LocalRope { get; init; }

    /// <summary>At this number of layers it divides scores by √(hidden/heads), which the largest model of the family wants; 0 for never.</summary>
    private int LayersScaledByHidden { get; init; }

    /// <summary>Whether it reads how far some layers see.</summary>
    public bool Slides => FullEvery > 0;

    /// <summary>The factor of the embedding that it has by itself.</summary>
    public double OwnEmbeddingScale(ModelConfig config) => EmbeddingByRoot ? Math.Sqrt(config.HiddenSize) : 1;

    /// <summary>The factor of scores that it has by itself, with the whole number that it takes the root of; null for 1/√headDim.</summary>
    public double? OwnScoreScale(ModelConfig config) => LayersScaledByHidden > 0 && config.Layers.Count == LayersScaledByHidden
        ? 1 / Math.Sqrt(config.HiddenSize / config.Layers[0].QueryHeads) : null;

    /// <summary>In the order in which they are tried, behind the family's own. Llama and deci compute what mistral does, qwen2 with more biases or a scaled
    /// rope, and what is left of other families once their factors are in the weights.</summary>
    private static readonly GgufArchitecture[] All =
    [
        new("llama", TurnsPairs: true) { Biases = GgufBiases.All, ScalesRope = true, TakesExperts = true },
        new("qwen3") { QkNorm = true },
        new("qwen3moe") { QkNorm = true, TakesExperts = true, WantsExperts = true },
        new("deci", LayersDiffer: true, TurnsPairs: true) { Biases = GgufBiases.All, ScalesRope = true },
        new("openelm", LayersDiffer: true, JoinsQkv: true, AlwaysAttends: true) { QkNorm = true, AlwaysTied = true },
        new("qwen2") { Biases = GgufBiases.Qkv },
        new("smollm3", TurnsPairs: true) { UnrotatedEvery = 4 },
        new("granite", TurnsPairs: true) { Biases = GgufBiases.All, ScalesRope = true, Multiplies = true },
        new("phi3", JoinsQkv: true, JoinsGateUp: true) { ScalesRope = true, TurnsParts = true, HeadsFillHidden = true },
        new("gemma") { Activation = GateActivation.GeluTanh, EmbeddingByRoot = true, AlwaysTied = true, LinearRope = true },
        new("gemma2")
        {
            Norms = BlockNorms.Around,
            Activation = GateActivation.GeluTanh,
            EmbeddingByRoot = true,
            Caps = true,
            FullEvery = 2,
            LayersScaledByHidden = 46,
            AlwaysTied = true,
            LinearRope = true,
        },
        new("gemma3")
        {
            QkNorm = true,
            Norms = BlockNorms.Around,
            Activation = GateActivation.GeluTanh,
            EmbeddingByRoot = true,
            FullEvery = 6,
            LocalRope = true,
            LayersScaledByHidden = 62,
            LinearRope = true,
        },
        Olmo2,
        // With a window it is OLMo 3, whose sliding layers turn unscaled.
        Olmo2 with { Yarn = true, FullEvery = 4, LocalRope = true },
    ];

    private static GgufArchitecture Olmo2 => new("olmo2")
    {
        QkNorm = true,
        QkNormAcrossHeads = true,
        Norms = BlockNorms.Behind,
        NeverTied = true,
        HeadsFillHidden = true,
        LinearRope = true,
    };

    /// <summary>The architecture that is made for the family where it holds the model, else the first that does. llama.cpp's architectures of families take
    /// every layer to be like the first; where layers differ, only deci and openelm are left.</summary>
    /// <exception cref="Errors.BadInputException">There is no such architecture.</exception>
    public static GgufArchitecture Of(ModelConfig config)
    {
        RequireExperts(config);
        var own = ModelFamilies.Find(config.Family)?.Gguf;
        return All.FirstOrDefault(architecture => architecture.Name == own && architecture.Holds(config))
            ?? All.FirstOrDefault(architecture => architecture.IsGeneral && architecture.Holds(config))
            ?? throw Unexpressed(config);
    }

    private static bool IsWindowed(ModelConfig config, int layer) => config.KindOf(layer).IsWindowed(config.MaxPositions);

    /// <summary>Whether layers see as far as the model's, and turn by its bases.</summary>
    private bool HoldsWindows(ModelConfig config)
    {
        int[] layers = [.. Enumerable.Range(0, config.Layers.Count)];
        bool IsSliding(int layer) => FullEvery > 0 && (layer + 1) % FullEvery != 0;
        var windows = layers.Where(layer => IsWindowed(config, layer)).Select(layer => config.KindOf(layer).Window).Distinct().ToArray();
        return layers.All(layer => config.KindOf(layer).Local == (LocalRope && IsSliding(layer)))
            && (windows.Length == 0 || (windows.Length == 1 && layers.All(layer => IsWindowed(config, layer) == IsSliding(layer))));
    }

    /// <summary>Whether it computes what models of several families do.</summary>
    private bool IsGeneral => Name is "llama" or "qwen3" or "deci" or "openelm";

    private bool Holds(ModelConfig config) =>
        (LayersDiffer || IsUniform(config)) && QkNorm == config.QkNorm && (!AlwaysTied || config.TiedEmbeddings)
        && (Biases == GgufBiases.All || (config is { OutputBias: false, GateUpBias: false, DownBias: false } && config.QkvBias == (Biases == GgufBiases.Qkv)))
        && (!HeadsFillHidden || config.Layers[0].QueryHeads * config.HeadDim == config.HiddenSize)
        && (config.HasExperts ? TakesExperts && config.OneMlpKind.Normalized : !WantsExperts)
        && (Norms, Activation) == (config.Norms, config.Activation) && QkNormAcrossHeads == config.QkNormAcrossHeads && HoldsWindows(config)
        && !(NeverTied && config.TiedEmbeddings)
        && (config.ScoreCap is not null, config.LogitCap is not null) == (Caps, Caps)
        && (ScalesRope || config.RopeScaling is null || (LinearRope && config.RopeScaling is LinearScaling) || (Yarn && IsUsualYarn(config.RopeScaling)))
        && (TurnsParts || config.RotaryWidth == config.HeadDim)
        && Enumerable.Range(0, config.Layers.Count).Where(layer => config.Layers[layer].HasAttention)
            .All(layer => config.KindOf(layer).Unrotated == (UnrotatedEvery > 0 && (layer + 1) % UnrotatedEvery == 0));

    /// <summary>Whether llama.cpp's own yarn is this one: the numbers that files cannot name in all of its releases are the usual ones, and the factor of
    /// cosines is that of the extension (Peng et al. 2023).</summary>
    private static bool IsUsualYarn(RopeScaling? scaling) => scaling is YarnScaling { BetaFast: 32, BetaSlow: 1, Truncate: true } yarn
        && Math.Abs(yarn.Attention - ((0.1 * Math.Log(yarn.Factor)) + 1)) <= 1e-6;

    private static bool IsUniform(ModelConfig config) =>
        config.Layers.Count > 0 && config.Layers.All(layer => layer == config.Layers[0] && layer.HasAttention && layer.HasMlp);

    private static void RequireExperts(ModelConfig config)
    {
        if (!config.HasExperts)
            return;
        if (config.Layers.Select((_, layer) => config.MlpOf(layer)).Distinct().Count() > 1 || !IsUniform(config))
            throw GgufErrors.UnequalExperts();
        if (!config.OneMlpKind.Normalized)
            throw GgufErrors.PlainShares();
        if (config.DownBias)
            throw GgufErrors.BiasedExperts();
    }

    private static Errors.BadInputException Unexpressed(ModelConfig config)
    {
        if (config.Norms != BlockNorms.Before || config.Activation != GateActivation.Silu)
            return GgufErrors.OwnFamilyOnly(config.Family);
        if (Enumerable.Range(0, config.Layers.Count).Any(layer => IsWindowed(config, layer)))
            return GgufErrors.Windows();
        if (config.QkNorm && (config.QkvBias || config.OutputBias || config.GateUpBias || config.DownBias))
            return GgufErrors.NormsAndBiases();
        if (config.QkNorm && config.RopeScaling is not null)
            return GgufErrors.NormsAndScaling();
        if (config.QkNorm)
            return GgufErrors.UnequalUntied();
        return config.RotaryWidth != config.HeadDim ? GgufErrors.Partial() : GgufErrors.Unrotated();
    }
}

/// <summary>The biases that an architecture has a place for.</summary>
internal enum GgufBiases
{
    None,

    /// <summary>Of q, k and v; it has to have them.</summary>
    Qkv,

    All,
}
