using System.Text.Json.Nodes;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Reads and writes Granite's four factors.</summary>
internal static class Multipliers
{
    private const string Embedding = "embedding_multiplier", Attention = "attention_multiplier", Residual = "residual_multiplier", Logits = "logits_scaling";

    // Published models have 12, 0.0078125, 0.22 and 8: these limits only keep nonsense out.
    private const double Least = 1e-6, Most = 1e6;

    public static IReadOnlyList<string> Keys { get; } = [Embedding, Attention, Residual, Logits];

    public static ModelConfig Read(ConfigFields fields, ModelFamily family, ModelConfig config) => !family.Multiplies ? config : config with
    {
        EmbeddingScale = Factor(fields, Embedding),
        // The class's own default is 1, not the usual 1/√headDim.
        AttentionScale = Factor(fields, Attention),
        ResidualScale = Factor(fields, Residual),
        LogitDivisor = Factor(fields, Logits),
    };

    public static void Write(JsonObject keys, ModelConfig config, ModelFamily family)
    {
        if (!family.Multiplies)
            return;
        keys[Embedding] = config.EmbeddingScale;
        keys[Attention] = config.QueryScale;
        keys[Residual] = config.ResidualScale;
        keys[Logits] = config.LogitDivisor;
    }

    private static double Factor(ConfigFields fields, string key) => fields.Double(key, Least, Most, 1);
}
