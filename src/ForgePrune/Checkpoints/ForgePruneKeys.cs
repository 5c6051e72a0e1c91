using System.Text.Json.Nodes;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>The part of config.json under the key <c>forgeprune</c>: what Hugging Face's keys cannot say, namely a shape per layer and
/// biases that only one projection of a block carries.</summary>
internal static class ForgePruneKeys
{
    /// <summary><c>model_type</c> of a model that stock loaders cannot build: they refuse the name instead of failing on shapes.</summary>
    public const string ModelType = "forgeprune";

    public const string Section = "forgeprune";
    private const int Version = 1;

    /// <summary>The family of the dense model of a <see cref="ModelType"/> checkpoint.</summary>
    public static string FamilyName(ConfigFields fields) =>
        fields.Object(Section)?.String("family") ?? throw fields.Bad($"model_type is {ModelType} and {Section}.family is missing",
            "write the checkpoint again");

    /// <summary>The config with what the section says; unchanged where there is no section.</summary>
    public static ModelConfig Apply(ConfigFields fields, ModelConfig config)
    {
        if (fields.Object(Section) is not { } section)
            return config;
        if (section.Int("version", 1, int.MaxValue) is var version && version != Version)
            throw fields.Bad($"{Section}.version is {version} where {Version} is known", "read it with the ForgePrune that wrote it");
        IReadOnlyList<ConfigFields> layers = section.Objects("layers");
        if (layers.Count != config.Layers.Count)
            throw fields.Bad($"{Section}.layers has {layers.Count} entries where num_hidden_layers is {config.Layers.Count}", "write the checkpoint again");
        return config with
        {
            QkvBias = section.Bool("qkv_bias", config.QkvBias),
            OutputBias = section.Bool("output_bias", config.OutputBias),
            GateUpBias = section.Bool("gate_up_bias", config.GateUpBias),
            DownBias = section.Bool("down_bias", config.DownBias),
            QkNorm = section.Bool("qk_norm", config.QkNorm),
            Layers = layers.Select((layer, index) => Shape(layer, config.Layers[index], config.MlpOf(index))).ToArray(),
        };
    }

    public static JsonObject Write(ModelConfig config) => new()
    {
        ["version"] = Version,
        ["family"] = config.Family,
        ["qkv_bias"] = config.QkvBias,
        ["output_bias"] = config.OutputBias,
        ["gate_up_bias"] = config.GateUpBias,
        ["down_bias"] = config.DownBias,
        ["qk_norm"] = config.QkNorm,
        ["layers"] = new JsonArray([.. config.Layers.Select((layer, index) => Write(layer, config.MlpOf(index)))]),
    };

    private static JsonObject Write(LayerShape layer, MlpKind kind)
    {
        var keys = new JsonObject { ["kv_heads"] = layer.KvHeads, ["query_heads"] = layer.QueryHeads, ["ffn"] = layer.Ffn };
        if (kind.IsRouted && layer.HasMlp)
            keys["expert_width"] = kind.ExpertWidth;
        return keys;
    }

    /// <param name="most">The largest heads and channels of any layer, which Hugging Face's keys hold.</param>
    /// <param name="kind">Of the layer's MLP.</param>
    private static LayerShape Shape(ConfigFields layer, LayerShape most, MlpKind kind)
    {
        int kvHeads = layer.Int("kv_heads", 0, most.KvHeads), queryHeads = layer.Int("query_heads", 0, most.QueryHeads);
        if (kvHeads == 0 ? queryHeads != 0 : queryHeads == 0 || queryHeads % kvHeads != 0)
            throw layer.Bad($"a layer has {queryHeads} query heads over {kvHeads} key/value heads",
                "give query heads as a multiple of key/value heads, or none of either");
        int ffn = layer.Int("ffn", 0, most.Ffn), widest = kind.ExpertWidth;
        kind = kind.Narrowed(kind.IsRouted ? layer.Int("expert_width", 1, widest, widest) : 0);
        return kind.Allows(ffn) ? new LayerShape(kvHeads, queryHeads, ffn) { ExpertWidth = kind.ExpertWidth < widest ? kind.ExpertWidth : 0 }
            : throw layer.Bad($"a layer has {ffn} channels where an expert has {kind.ExpertWidth} and a token passes {kind.PerToken}",
                "give whole experts, as many as a token passes at least");
    }
}
