namespace ForgePrune.Model;

/// <summary>The families that ForgePrune reads. SmolLM2, TinyLlama and MiniMind2 are published as <c>llama</c>, Phi-3.5 and Phi-4-mini as <c>phi3</c>. Defaults
/// are those of the classes in Hugging Face transformers 4.</summary>
internal static class ModelFamilies
{
    public static IReadOnlyList<ModelFamily> All { get; } =
    [
        new()
        {
            Name = "llama",
            Architecture = "LlamaForCausalLM",
            ReadsAttentionBias = true,
            ReadsMlpBias = true,
            HeadsDivideHidden = true,
            ClassSizes = new(32000, 4096, 11008, 32, 32),
            DefaultMaxPositions = 2048,
            DefaultBos = 1,
            DefaultEos = 2,
        },
        new()
        {
            Name = "mistral",
            Architecture = "MistralForCausalLM",
            Special = "its layers may see a window only",
            SlidingWindow = SlidingWindowRule.Always,
            DefaultKvHeads = 8,
            ClassSizes = new(32000, 4096, 14336, 32, 32),
            DefaultMaxPositions = 131072,
            DefaultBos = 1,
            DefaultEos = 2,
        },
        new()
        {
            Name = "qwen2",
            Architecture = "Qwen2ForCausalLM",
            QkvBiasAlways = true,
            Special = "biases of q, k and v",
            Gguf = "qwen2",
            SlidingWindow = SlidingWindowRule.Opted,
            DefaultKvHeads = 32,
            ClassSizes = new(151936, 4096, 22016, 32, 32),
            DefaultMaxPositions = 32768,
        },
        new()
        {
            Name = "qwen3",
            Architecture = "Qwen3ForCausalLM",
            ReadsAttentionBias = true,
            QkNorm = true,
            Special = "an RMSNorm over each query head and each key head",
            Gguf = "qwen3",
            SlidingWindow = SlidingWindowRule.Opted,
            DefaultHeadDim = 128,
            DefaultKvHeads = 32,
            DefaultMaxPositions = 32768,
        },
        new()
        {
            Name = "smollm3",
            Architecture = "SmolLM3ForCausalLM",
            ReadsAttentionBias = true,
            ReadsMlpBias = true,
            Special = "layers without rotary embedding",
            UnrotatedEvery = 4,
            SlidingWindow = SlidingWindowRule.Unrotated,
            Gguf = "smollm3",
            DefaultKvHeads = 4,
            DefaultMaxPositions = 32768,
            DefaultRopeTheta = 2000000,
            DefaultTied = true,
            DefaultBos = 128000,
            DefaultEos = 128001,
        },
        new()
        {
            Name = "granite",
            Architecture = "GraniteForCausalLM",
            ReadsAttentionBias = true,
            ReadsMlpBias = true,
            Special = "factors of the embedding, of scores, of what blocks add, and of the logits",
            Multiplies = true,
            Gguf = "granite",
            DefaultMaxPositions = 2048,
            DefaultBos = 1,
            DefaultEos = 2,
        },
        new()
        {
            Name = "phi3",
            Architecture = "Phi3ForCausalLM",
            Names = TensorNames.Fused,
            Special = "q, k and v in one tensor, gate and up in another; it may rotate a part of each head",
            PartialRotary = true,
            DefaultOriginalPositions = 4096,
            LongRopeNames = ["longrope", "su", "yarn"],
            HeadsFillHidden = true,
            OwnCode = "modeling_phi3.Phi3ForCausalLM",
            SlidingWindow = SlidingWindowRule.Given,
            Gguf = "phi3",
            DefaultMaxPositions = 4096,
            DefaultRmsNormEps = 1e-5,
            DefaultBos = 1,
            DefaultEos = 32000,
        },
        new()
        {
            Name = "qwen3_moe",
            Architecture = "Qwen3MoeForCausalLM",
            ReadsAttentionBias = true,
            QkNorm = true,
            Special = "routed experts; an RMSNorm over each query head and each key head",
            Experts = new("num_experts", 128, 8) { WidthKey = "moe_intermediate_size", DefaultWidth = 768, SomeLayers = true },
            SlidingWindow = SlidingWindowRule.Refused,
            Gguf = "qwen3moe",
            DefaultKvHeads = 4,
            DefaultMaxPositions = 32768,
        },
        new()
        {
            Name = "mixtral",
            Architecture = "MixtralForCausalLM",
            Names = TensorNames.Mixtral,
            Special = "routed experts; its layers may see a window only",
            Experts = new("num_local_experts", 8, 2),
            SlidingWindow = SlidingWindowRule.Given,
            DefaultKvHeads = 8,
            DefaultMaxPositions = 131072,
            DefaultRmsNormEps = 1e-5,
            DefaultRopeTheta = 1000000,
            DefaultBos = 1,
            DefaultEos = 2,
        },
        new()
        {
            Name = "gemma",
            Architecture = "GemmaForCausalLM",
            Special = "RMSNorm of 1 + w, scaled embedding, GELU",
            ReadsAttentionBias = true,
            NormsAddOne = true,
            Activation = GateActivation.GeluTanh,
            // Its first configs say gelu, which the class took for the approximation.
            ActivationNames = ["gelu_pytorch_tanh", "gelu"],
            EmbeddingByRoot = true,
            Gguf = "gemma",
            DefaultTied = true,
            DefaultHeadDim = 256,
            DefaultMaxPositions = 8192,
            DefaultBos = 2,
            DefaultEos = 1,
        },
        new()
        {
            Name = "gemma2",
            Architecture = "Gemma2ForCausalLM",
            Names = TensorNames.PostNormed,
            Special = "four norms a block, RMSNorm of 1 + w, scaled embedding, GELU, soft caps, windows",
            ReadsAttentionBias = true,
            Norms = BlockNorms.Around,
            NormsAddOne = true,
            Activation = GateActivation.GeluTanh,
            ActivationNames = ["gelu_pytorch_tanh"],
            EmbeddingByRoot = true,
            DefaultQueryScalar = 256,
            ReadsCaps = true,
            DefaultScoreCap = 50,
            DefaultLogitCap = 30,
            SlidingWindow = SlidingWindowRule.Alternating,
            FullEvery = 2,
            HeadsDivideHidden = true,
            Gguf = "gemma2",
            DefaultTied = true,
            DefaultHeadDim = 256,
            DefaultKvHeads = 4,
            DefaultMaxPositions = 8192,
            DefaultBos = 2,
            DefaultEos = 1,
        },
        new()
        {
            Name = "gemma3_text",
            Architecture = "Gemma3ForCausalLM",
            BaseArchitecture = "Gemma3TextModel",
            Names = TensorNames.PostNormed,
            Special = "four norms a block, RMSNorm of 1 + w, scaled embedding, GELU, two rotary bases, windows",
            ReadsAttentionBias = true,
            QkNorm = true,
            Norms = BlockNorms.Around,
            NormsAddOne = true,
            Activation = GateActivation.GeluTanh,
            ActivationNames = ["gelu_pytorch_tanh"],
            EmbeddingByRoot = true,
            DefaultQueryScalar = 256,
            ReadsCaps = true,
            DefaultLocalTheta = 10000,
            SlidingWindow = SlidingWindowRule.Alternating,
            FullEvery = 6,
            ReadsPattern = true,
            HeadsDivideHidden = true,
            Gguf = "gemma3",
            DefaultTied = true,
            DefaultHeadDim = 256,
            DefaultKvHeads = 4,
            ClassSizes = new(262208, 2304, 9216, 26, 8),
            DefaultMaxPositions = 131072,
            DefaultRopeTheta = 1000000,
            DefaultBos = 2,
            DefaultEos = 1,
        },
        Olmo2,
        Olmo2 with
        {
            Name = "olmo3",
            Architecture = "Olmo3ForCausalLM",
            Special = Olmo2.Special + ", windows, scaled rotation where there is none",
            SlidingUnscaled = true,
            SlidingWindow = SlidingWindowRule.Alternating,
            FullEvery = 4,
        },
    ];

    private static ModelFamily Olmo2 => new()
    {
        Name = "olmo2",
        Architecture = "Olmo2ForCausalLM",
        Names = TensorNames.PostNormed,
        Special = "norms behind blocks, q/k norm over all heads at once",
        ReadsAttentionBias = true,
        QkNorm = true,
        QkNormAcrossHeads = true,
        Norms = BlockNorms.Behind,
        Gguf = "olmo2",
        DefaultMaxPositions = 2048,
        DefaultRmsNormEps = 1e-5,
        DefaultEos = 50279,
    };

    /// <summary>The names of all families, for messages.</summary>
    public static string Names { get; } = string.Join(", ", All.Select(family => family.Name));

    /// <summary>Whether the stock classes of the family hold the model: all layers are equal, no block is missing, and the family's keys say which biases
    /// and heads there are.</summary>
    public static bool IsStock(ModelConfig config) => Find(config.Family) is { } family
        && family.Expresses(config) && AreAlike(config) && config.Layers[0] is { HasAttention: true, HasMlp: true, QueryHeads: var heads }
        && (!family.HeadsDivideHidden || config.HiddenSize % heads == 0) && (!family.HeadsFillHidden || config.HiddenSize == heads * config.HeadDim);

    /// <summary>Whether layers whose MLPs are of one kind are equal, and the heads of all.</summary>
    private static bool AreAlike(ModelConfig config) =>
        config.Layers.Select(layer => layer with { Ffn = 0 }).Distinct().Count() == 1
        && config.Layers.Select((layer, index) => (Kind: config.MlpOf(index), layer.Ffn)).Distinct().GroupBy(layer => layer.Kind)
            .All(widths => widths.Count() == 1);

    public static ModelFamily? Find(string name) => All.FirstOrDefault(family => family.Name == name);
}
