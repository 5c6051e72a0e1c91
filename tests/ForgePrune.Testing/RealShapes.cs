using ForgePrune.Checkpoints;
using ForgePrune.Model;

namespace ForgePrune.Testing;

/// <summary>Published models by the numbers of their config.json, which are public facts; no weights. <c>tests/shapes</c> holds a file for each.</summary>
public static class RealShapes
{
    /// <summary>Parameters as the models' safetensors files count them, a tied head that is stored once more left out; of a model of text and images, those
    /// of its decoder.</summary>
    public static IReadOnlyDictionary<string, long> Parameters { get; } = new Dictionary<string, long>
    {
        ["SmolLM2-135M"] = 134_515_008,
        ["Gemma-3-270M"] = 268_098_176,
        ["SmolLM2-360M"] = 361_821_120,
        ["Qwen2.5-0.5B"] = 494_032_768,
        ["Qwen3-0.6B"] = 596_049_920,
        ["Gemma-3-1B"] = 999_885_952,
        ["TinyLlama-1.1B"] = 1_100_048_384,
        ["Llama-3.2-1B"] = 1_235_814_400,
        ["OLMo-2-1B"] = 1_484_916_736,
        ["Qwen3-1.7B"] = 1_720_574_976,
        ["Gemma-2B"] = 2_506_172_416,
        ["Granite-3.0-2B"] = 2_533_531_648,
        ["Granite-3.3-2B"] = 2_533_539_840,
        ["Gemma-2-2B"] = 2_614_341_888,
        ["SmolLM3-3B"] = 3_075_098_624,
        ["Phi-3-mini"] = 3_821_079_552,
        ["Phi-3.5-mini"] = 3_821_079_552,
        ["Phi-4-mini"] = 3_836_021_760,
        ["Gemma-3-4B"] = 3_880_263_168,
        ["Qwen3-4B"] = 4_022_468_096,
        ["Mistral-7B"] = 7_248_023_552,
        ["OLMo-3-7B"] = 7_298_011_136,
        ["OLMo-2-7B"] = 7_298_617_344,
        ["Qwen2.5-7B"] = 7_615_616_512,
        ["Llama-3.1-8B"] = 8_030_261_248,
        ["Granite-3.0-8B"] = 8_170_848_256,
        ["Granite-3.3-8B"] = 8_170_864_640,
        ["Qwen3-8B"] = 8_190_735_360,
        ["Mistral-Small-3.1-24B"] = 23_572_403_200,
        ["Qwen3-30B-A3B"] = 30_532_122_624,
        ["Mixtral-8x7B"] = 46_702_792_704,
    };

    public static IEnumerable<string> Names => Parameters.Keys;

    /// <summary>Those without experts.</summary>
    public static IEnumerable<string> Dense => Names.Where(name => !Config(name).HasExperts);

    public static ModelConfig Config(string name) => HuggingFaceConfig.Read(Path.Combine(Shared.Root, "tests", "shapes", $"{name}.json")).Config;

    /// <summary>One block with the head width of a model, as many queries for a key, and all that its family has; hidden size and channels are divided by
    /// <paramref name="divisor"/>, which keeps what they are multiples of small.</summary>
    public static ModelConfig Block(string name, int divisor)
    {
        var config = Config(name);
        var layer = config.Layers[0];
        int kvHeads = Math.Min(layer.KvHeads, divisor == 1 ? layer.KvHeads : 2), hidden = config.HiddenSize / divisor;
        return config with
        {
            HiddenSize = hidden,
            VocabSize = 64,
            BosTokenId = null,
            EosTokenIds = [],
            PadTokenId = null,
            EmbeddingScale = config.EmbeddingScale == Math.Sqrt(config.HiddenSize) ? Math.Sqrt(hidden) : config.EmbeddingScale,
            Layers = [new(kvHeads, kvHeads * layer.QueriesPerGroup, layer.Ffn / divisor)],
            Attention = [.. config.Attention.Take(1)],
        };
    }
}
