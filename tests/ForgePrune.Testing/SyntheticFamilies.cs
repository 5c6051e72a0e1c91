using ForgePrune.Model;

namespace ForgePrune.Testing;

/// <summary>Everything that a family may have and a Llama has not, put upon any config.</summary>
public static class SyntheticFamilies
{
    private const int Window = 3;

    public static IEnumerable<string> Names { get; } = [.. Of(SyntheticModels.Config()).Keys];

    /// <summary>By name; layers, widths and positions are those of <paramref name="plain"/>.</summary>
    public static IReadOnlyDictionary<string, ModelConfig> Of(ModelConfig plain)
    {
        int part = 2 * (3 * plain.HeadDim / 8), pairs = plain.HeadDim / 2;
        var granite = plain with { Family = "granite", EmbeddingScale = 3, AttentionScale = 0.3, ResidualScale = 0.22, LogitDivisor = 8 };
        var gemma = plain with { Family = "gemma", EmbeddingScale = Math.Sqrt(plain.HiddenSize), Activation = GateActivation.GeluTanh };
        var around = gemma with { Norms = BlockNorms.Around, AttentionScale = 1 / Math.Sqrt(20) };
        var gemma2 = around with
        {
            Family = "gemma2",
            ScoreCap = 2,
            LogitCap = 30,
            Attention = Kinds(plain, layer => new() { Window = layer % 2 == 0 ? Window : 0 }),
        };
        var gemma3 = around with
        {
            Family = "gemma3_text",
            QkNorm = true,
            RopeTheta = 1000000,
            LocalRopeTheta = 10000,
            Attention = Kinds(plain, layer => layer % 6 == 5 ? default : new() { Local = true, Window = Window }),
        };
        var olmo3 = plain with
        {
            Family = "olmo3",
            Norms = BlockNorms.Behind,
            QkNorm = true,
            QkNormAcrossHeads = true,
            TiedEmbeddings = false,
            LocalRopeTheta = plain.RopeTheta,
            Attention = Kinds(plain, layer => layer % 4 == 3 ? default : new() { Local = true, Window = Window }),
            PadTokenId = plain.VocabSize - 1,
        };
        return new Dictionary<string, ModelConfig>
        {
            ["smollm3"] = plain with { Family = "smollm3", Attention = Kinds(plain, layer => new() { Unrotated = layer % 4 == 3 }) },
            ["smollm3, first layer unrotated"] = plain with { Family = "smollm3", Attention = Kinds(plain, layer => new() { Unrotated = layer == 0 }) },
            ["granite"] = granite,
            ["granite, head of its own"] = granite with { TiedEmbeddings = false },
            ["granite, biases"] = granite with { QkvBias = true, OutputBias = true, GateUpBias = true, DownBias = true },
            ["phi3"] = plain with { Family = "phi3", TiedEmbeddings = false },
            ["phi3, a part of each head"] = plain with { Family = "phi3", RotaryDim = part },
            ["phi3, long rope"] = plain with
            {
                Family = "phi3",
                RopeScaling = new LongRopeScaling(Divisors(pairs, 1.1), Divisors(pairs, 2.5), plain.MaxPositions, 32 * plain.MaxPositions),
            },
            ["phi3, long rope, a part of each head"] = plain with
            {
                Family = "phi3",
                RotaryDim = part,
                RopeScaling = new LongRopeScaling(Divisors(part / 2, 1.1), Divisors(part / 2, 2.5), plain.MaxPositions, 32 * plain.MaxPositions),
            },
            ["mistral, windows"] = plain with { Family = "mistral", Attention = Kinds(plain, _ => new() { Window = Window }) },
            ["qwen3, windows of odd layers"] = plain with
            {
                Family = "qwen3",
                QkNorm = true,
                Attention = Kinds(plain, layer => new() { Window = layer % 2 * Window }),
            },
            ["smollm3, windows where it does not rotate"] = plain with
            {
                Family = "smollm3",
                Attention = Kinds(plain, layer => layer % 2 == 0 ? new() { Unrotated = true, Window = Window } : default),
            },
            ["gemma"] = gemma,
            ["gemma2"] = gemma2,
            ["gemma3_text"] = gemma3,
            ["gemma3_text, linear rope"] = gemma3 with { RopeScaling = new LinearScaling(8), LocalRopeTheta = 500 },
            ["gemma3_text, every second layer global"] = gemma3 with
            {
                LocalRopeTheta = 500,
                ScoreCap = 2,
                RopeScaling = new LinearScaling(4),
                Attention = Kinds(plain, layer => layer % 2 == 0 ? new() { Local = true, Window = Window } : default),
            },
            ["olmo2"] = plain with
            {
                Family = "olmo2",
                Norms = BlockNorms.Behind,
                QkNorm = true,
                QkNormAcrossHeads = true,
                TiedEmbeddings = false,
                // GenAI ends at the pad id where a model names no end, and this model comes by the usual one.
                PadTokenId = plain.VocabSize - 1,
            },
            ["olmo3"] = olmo3,
            ["olmo3, yarn"] = olmo3 with { RopeScaling = new YarnScaling(4, 16) },
            ["yarn"] = plain with { RopeScaling = new YarnScaling(4, 16) { BetaFast = 4 } },
            ["linear rope"] = plain with { RopeScaling = new LinearScaling(4) },
            ["dynamic rope"] = plain with { RopeScaling = new DynamicScaling(4) },
        };
    }

    private static AttentionKind[] Kinds(ModelConfig config, Func<int, AttentionKind> kind) => [.. config.Layers.Select((_, layer) => kind(layer))];

    /// <summary>Growing from one.</summary>
    private static double[] Divisors(int pairs, double growth) => [.. Enumerable.Range(0, pairs).Select(pair => Math.Pow(growth, pair))];
}
