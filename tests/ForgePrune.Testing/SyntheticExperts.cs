using ForgePrune.Model;

namespace ForgePrune.Testing;

/// <summary>Every kind of model with experts, small.</summary>
public static class SyntheticExperts
{
    /// <summary>Channels of one expert: no multiple of anything.</summary>
    public const int Width = 12;

    /// <summary>Channels of one that has lost some.</summary>
    public const int Narrow = 7;

    public static IEnumerable<string> Names { get; } = [.. All.Keys];

    /// <summary>Two equal layers of six experts, or of as many as a name says.</summary>
    public static IReadOnlyDictionary<string, ModelConfig> All => new Dictionary<string, ModelConfig>
    {
        ["mixtral"] = Mixtral(),
        ["mixtral, all experts"] = Mixtral(experts: 3, perToken: 3),
        ["mixtral, one expert"] = Mixtral(experts: 1, perToken: 1),
        ["mixtral, windows"] = Mixtral() with { Attention = [new() { Window = 3 }, new() { Window = 3 }] },
        ["qwen3_moe"] = Qwen(normalized: true),
        ["qwen3_moe, plain shares"] = Qwen(normalized: false),
        ["qwen3_moe, head of its own"] = Qwen(normalized: true) with { TiedEmbeddings = false },
        ["qwen3_moe, a layer without experts"] = Qwen(normalized: true) with { Mlp = [default, Kind(2, true)], Layers = [new(2, 4, 40), new(2, 4, 6 * Width)] },
        ["qwen3_moe, unequal layers"] = Qwen(normalized: true, perToken: 3) with { Layers = [new(2, 4, 5 * Width), new(0, 0, 3 * Width)] },
        ["mixtral, narrow experts"] = Mixtral() with
        {
            Layers = [.. Enumerable.Repeat(new LayerShape(2, 4, 5 * Narrow) { ExpertWidth = Narrow }, 2)],
        },
        ["qwen3_moe, unequal widths"] = Qwen(normalized: false) with { Layers = [new(2, 4, 4 * Width), new(2, 4, 6 * Narrow) { ExpertWidth = Narrow }] },
        ["qwen3_moe, no experts left in a layer"] = Qwen(normalized: false) with { Layers = [new(2, 4, 0), new(1, 2, 4 * Width)] },
    };

    public static ModelConfig Mixtral(int experts = 6, int perToken = 2, int layers = 2) => With("mixtral", experts, Kind(perToken, true), layers);

    public static ModelConfig Qwen(bool normalized, int experts = 6, int perToken = 2, int layers = 2) =>
        With("qwen3_moe", experts, Kind(perToken, normalized), layers) with { QkNorm = true };

    private static MlpKind Kind(int perToken, bool normalized) => new() { ExpertWidth = Width, PerToken = perToken, Normalized = normalized };

    private static ModelConfig With(string family, int experts, MlpKind kind, int layers) =>
        SyntheticModels.Config(layers, headDim: 16, ffn: experts * kind.ExpertWidth) with
        {
            Family = family,
            MaxPositions = 512,
            Mlp = [.. Enumerable.Repeat(kind, layers)],
        };
}
