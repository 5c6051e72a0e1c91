using System.Text.Json;
using System.Text.Json.Nodes;
using ForgePrune.Errors;
using ForgePrune.Model;

namespace ForgePrune.Onnx.Export;

/// <summary>The <c>genai_config.json</c> by which ONNX Runtime GenAI finds its way in an exported folder.</summary>
internal static class GenAiConfig
{
    public const string FileName = "genai_config.json";

    /// <summary>GenAI allocates the caches of a whole sequence at once, so a client that asks for no length gets this one: at the 131,072 positions of
    /// a Llama 3.2 the caches alone would take gigabytes.</summary>
    private const int UsualLength = 4096;

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
                ["max_length"] = Math.Min(UsualLength, config.MaxPositions),
                ["min_length"] = 0,
                ["num_beams"] = 1,
                ["past_present_share_buffer"] = true,
            },
        };
        return JsonSerializer.SerializeToUtf8Bytes(root, Indented);
    }

    /// <summary>End ids of an exported folder; none where it has no such file.</summary>
    public static IReadOnlyList<int> ReadEnds(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
            return [];
        try
        {
            var ends = JsonNode.Parse(File.ReadAllBytes(file))!["model"]!["eos_token_id"]!;
            return ends is JsonArray several ? several.Select(id => id!.GetValue<int>()).ToArray() : [ends.GetValue<int>()];
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            throw new BadInputException($"{file} names no eos_token_id under model; export the model again", fault);
        }
    }

    /// <summary>Most tokens of a sequence; null where the folder does not say.</summary>
    public static int? ReadPositions(string folder)
    {
        var file = Path.Combine(folder, FileName);
        try
        {
            return File.Exists(file) && JsonNode.Parse(File.ReadAllBytes(file))?["model"]?["context_length"] is JsonValue value
                && value.TryGetValue(out int length)
                && length > 0 ? length : null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new BadInputException($"{file} is damaged; export the model again", fault);
        }
    }

    private static JsonObject Model(ModelConfig config, LayerShape widest)
    {
        // GenAI wants a begin and a pad id within the vocabulary, and ends at the pad id where the list of ends is empty (0.18.0): a model that names no end
        // cannot say so.
        var ends = config.EosTokenIds;
        var pad = config.PadTokenId ?? (ends.Count > 0 ? ends[0] : 0);
        return new JsonObject
        {
            // "decoder" is GenAI's name for a decoder-only text model of no particular family.
            ["type"] = "decoder",
            ["bos_token_id"] = config.BosTokenId ?? pad,
            ["eos_token_id"] = new JsonArray([.. ends.Select(id => JsonValue.Create(id))]),
            ["pad_token_id"] = pad,
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
