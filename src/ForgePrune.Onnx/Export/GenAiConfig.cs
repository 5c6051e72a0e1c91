using System.Text.Json;
using System.Text.Json.Nodes;
using ForgePrune.Model;

namespace ForgePrune.Onnx.Export;

/// <summary>The <c>genai_config.json</c> by which ONNX Runtime GenAI finds its way in an exported folder.</summary>
internal static class GenAiConfig
{
    public const string FileName = "genai_config.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static byte[] Of(ModelConfig config)
    {
        // Head counts vary from layer to layer; GenAI reads each cache's own shape from the model, and these only as defaults.
        var widest = config.Layers.Where(layer => layer.HasAttention).DefaultIfEmpty(new LayerShape(1, 1, 0)).MaxBy(layer => layer.QueryHeads);
        var root = new JsonObject
        {
            ["model"] = Model(config, widest),
            ["search"] = new JsonObject
            {
                ["do_sample"] = false,
                ["max_length"] = config.MaxPositions,
                ["min_length"] = 0,
                ["num_beams"] = 1,
                ["past_present_share_buffer"] = true,
            },
        };
        return JsonSerializer.SerializeToUtf8Bytes(root, Indented);
    }

    private static JsonObject Model(ModelConfig config, LayerShape widest)
    {
        // GenAI requires these three ids. A model that names no end has one that no token matches: it runs to max_length.
        var ends = config.EosTokenIds.Count > 0 ? config.EosTokenIds : [config.VocabSize];
        return new JsonObject
        {
            // "decoder" is GenAI's name for a decoder-only text model of no particular family.
            ["type"] = "decoder",
            ["bos_token_id"] = config.BosTokenId ?? ends[0],
            ["eos_token_id"] = new JsonArray([.. ends.Select(id => JsonValue.Create(id))]),
            ["pad_token_id"] = ends[0],
            ["context_length"] = config.MaxPositions,
            ["vocab_size"] = config.VocabSize,
            ["decoder"] = new JsonObject
            {
                ["filename"] = OnnxExporter.ModelFile,
                ["session_options"] = new JsonObject { ["provider_options"] = new JsonArray() },
                ["hidden_size"] = config.HiddenSize,
                ["head_size"] = config.HeadDim,
                ["num_hidden_layers"] = config.Layers.Count,
                ["num_attention_heads"] = widest.QueryHeads,
                ["num_key_value_heads"] = widest.KvHeads,
                ["inputs"] = new JsonObject
                {
                    ["input_ids"] = "input_ids",
                    ["attention_mask"] = "attention_mask",
                    ["past_key_names"] = CacheNames.Past + "%d.key",
                    ["past_value_names"] = CacheNames.Past + "%d.value",
                },
                ["outputs"] = new JsonObject
                {
                    ["logits"] = "logits",
                    ["present_key_names"] = CacheNames.Present + "%d.key",
                    ["present_value_names"] = CacheNames.Present + "%d.value",
                },
            },
        };
    }
}
