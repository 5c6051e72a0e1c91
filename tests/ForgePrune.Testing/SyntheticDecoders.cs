using ForgePrune.Model;

namespace ForgePrune.Testing;

/// <summary>Tiny decoders of every kind, pruned unevenly: layers differ, and blocks are gone.</summary>
public static class SyntheticDecoders
{
    public const int Vocab = 13, Window = 5;

    public static IEnumerable<string> Names => Configs.Keys;

    private static readonly Dictionary<string, ModelConfig> Configs =
        new(SyntheticFamilies.Of(Config([new(2, 4, 7), new(1, 2, 0), new(0, 0, 5), new(1, 1, 3)]) with { MaxPositions = 16 }))
        {
            ["llama, tied"] = Config([new(2, 4, 7), new(1, 2, 0), new(0, 0, 5), new(1, 1, 3)]),
            ["llama, head of its own, stretched"] = Config([new(2, 2, 6), new(1, 3, 4)]) with
            {
                TiedEmbeddings = false,
                RopeScaling = new Llama3Scaling(8, 1, 4, 16),
            },
            ["qwen2, biases"] = Config([new(1, 2, 5), new(2, 2, 4)]) with { Family = "qwen2", QkvBias = true },
            ["qwen3, norms of queries and keys"] = Config([new(2, 4, 5), new(1, 1, 4)]) with { Family = "qwen3", QkNorm = true },
            ["mistral, all biases"] = Config([new(1, 2, 5), new(0, 0, 0), new(1, 1, 4)]) with
            {
                Family = "mistral",
                QkvBias = true,
                OutputBias = true,
                GateUpBias = true,
                DownBias = true,
            },
        };

    public static IDecoderModel Model(string name, int seed) => SyntheticModels.Random(Configs[name], seed);

    /// <summary>Ids of whole windows; some come twice.</summary>
    public static int[] Ids(int windows, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, windows * Window).Select(_ => random.Next(Vocab))];
    }

    // The width of heads is not hidden / heads, and none is a whole vector.
    private static ModelConfig Config(LayerShape[] layers) => SyntheticModels.Config(1, hidden: 6, headDim: 4, vocab: Vocab) with { Layers = layers };
}
