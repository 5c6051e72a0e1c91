namespace ForgePrune.Model;

/// <summary>The families that ForgePrune reads. SmolLM2, TinyLlama and MiniMind2 are published as <c>llama</c>.
/// Defaults are those of the classes in Hugging Face transformers 4.</summary>
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
            DefaultMaxPositions = 2048,
            DefaultBos = 1,
            DefaultEos = 2,
        },
        new()
        {
            Name = "mistral",
            Architecture = "MistralForCausalLM",
            SlidingWindow = SlidingWindowRule.Always,
            DefaultKvHeads = 8,
            DefaultMaxPositions = 131072,
            DefaultBos = 1,
            DefaultEos = 2,
        },
        new()
        {
            Name = "qwen2",
            Architecture = "Qwen2ForCausalLM",
            QkvBiasAlways = true,
            SlidingWindow = SlidingWindowRule.Opted,
            DefaultKvHeads = 32,
            DefaultMaxPositions = 32768,
        },
        new()
        {
            Name = "qwen3",
            Architecture = "Qwen3ForCausalLM",
            ReadsAttentionBias = true,
            QkNorm = true,
            SlidingWindow = SlidingWindowRule.Opted,
            DefaultHeadDim = 128,
            DefaultKvHeads = 32,
            DefaultMaxPositions = 32768,
        },
    ];

    /// <summary>The names of all families, for messages.</summary>
    public static string Names { get; } = string.Join(", ", All.Select(family => family.Name));

    /// <summary>Whether the stock classes of the family hold the model: all layers are equal, no block is missing, and the family's keys say which biases
    /// and heads there are.</summary>
    public static bool IsStock(ModelConfig config) => Find(config.Family) is { } family
        && family.Expresses(config) && config.Layers.Distinct().Count() == 1 && config.Layers[0] is { HasAttention: true, HasMlp: true, QueryHeads: var heads }
        && (!family.HeadsDivideHidden || config.HiddenSize % heads == 0);

    public static ModelFamily? Find(string name) => All.FirstOrDefault(family => family.Name == name);
}
