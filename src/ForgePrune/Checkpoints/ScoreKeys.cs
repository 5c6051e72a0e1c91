using System.Text.Json.Nodes;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Reads and writes what Gemma's configs say of scores and logits: the number whose root divides scores, and the bounds of both.</summary>
internal static class ScoreKeys
{
    private const string Scalar = "query_pre_attn_scalar", Scores = "attn_logit_softcapping", Logits = "final_logit_softcapping";

    // Published models have 144 to 256, 50 and 30: these limits only keep nonsense out.
    private const double Least = 1e-6, Most = 1e6;

    public static IReadOnlyList<string> Of(ModelFamily family) =>
        [.. family.DefaultQueryScalar is null ? [] : (string[])[Scalar], .. family.ReadsCaps ? (string[])[Scores, Logits] : []];

    public static ModelConfig Read(ConfigFields fields, ModelFamily family, ModelConfig config) => config with
    {
        AttentionScale = family.DefaultQueryScalar is { } usual ? 1 / Math.Sqrt(fields.Double(Scalar, Least, Most, usual)) : config.AttentionScale,
        ScoreCap = family.ReadsCaps ? Cap(fields, Scores, family.DefaultScoreCap) : null,
        LogitCap = family.ReadsCaps ? Cap(fields, Logits, family.DefaultLogitCap) : null,
        EmbeddingScale = family.EmbeddingByRoot ? Math.Sqrt(config.HiddenSize) : config.EmbeddingScale,
    };

    public static void Write(JsonObject keys, ModelConfig config, ModelFamily family)
    {
        if (family.DefaultQueryScalar is not null)
            keys[Scalar] = Whole(1 / (config.QueryScale * config.QueryScale));
        if (!family.ReadsCaps)
            return;
        keys[Scores] = config.ScoreCap;
        keys[Logits] = config.LogitCap;
    }

    /// <summary>Null in the file is none.</summary>
    private static double? Cap(ConfigFields fields, string key, double? missing) =>
        fields.IsNull(key) ? null : !fields.Has(key) ? missing : fields.Double(key, Least, Most);

    /// <summary>The number behind a root: a whole one where only the rounding of the root is in the way. Its class takes no other.</summary>
    private static JsonValue Whole(double value)
    {
        // Two roundings of half an epsilon each, doubled by the square.
        const double relative = 1e-15;
        var whole = Math.Round(value);
        return Math.Abs(value - whole) <= relative * value ? JsonValue.Create((long)whole) : JsonValue.Create(value);
    }
}
