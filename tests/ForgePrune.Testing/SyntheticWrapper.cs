using System.Text.Json.Nodes;

namespace ForgePrune.Testing;

/// <summary>Checkpoint folders of a decoder made into those of a model of text and images around it.</summary>
public static class SyntheticWrapper
{
    /// <summary>How the class saved its tensors: transformers 4, transformers 5, or without a head.</summary>
    public static IReadOnlyList<string> Spellings { get; } = ["language_model.model.", "model.language_model.", "language_model."];

    /// <summary>Wraps a folder of one file in place.</summary>
    /// <param name="spelling">One of <see cref="Spellings"/>.</param>
    /// <param name="edit">Changes the config around the decoder's.</param>
    public static string Wrap(string folder, string type, string architecture, string spelling, Action<JsonObject>? edit = null)
    {
        SyntheticCheckpoint.EditConfig(folder, config =>
        {
            var text = config.DeepClone().AsObject();
            config.Clear();
            (config["model_type"], config["architectures"], config["text_config"]) = (type, new JsonArray(architecture), text);
            config["vision_config"] = new JsonObject { ["model_type"] = "siglip_vision_model", ["hidden_size"] = 4, ["quantization_config"] = null };
            // A decoder inside another names no class of its own, or its own.
            text.Remove("architectures");
            edit?.Invoke(config);
        });
        var file = Path.Combine(folder, "model.safetensors");
        var length = 0;
        SyntheticCheckpoint.EditData(file, data =>
        {
            length = data.Length;
            return [.. data, .. new byte[16]];
        });
        SyntheticCheckpoint.EditHeader(file, header =>
        {
            var renamed = new JsonObject();
            foreach (var (name, tensor) in JsonNode.Parse(header)!.AsObject())
                renamed[Name(name, spelling)] = tensor!.DeepClone();
            var outside = spelling.StartsWith("model.", StringComparison.Ordinal) ? "model." : "";
            renamed[outside + "vision_tower.patches.weight"] = Tensor(length, 2);
            renamed[outside + "multi_modal_projector.scale"] = Tensor(length + 8, 2);
            return renamed.ToJsonString();
        });
        return folder;
    }

    private static string Name(string name, string spelling) => name.StartsWith("model.", StringComparison.Ordinal) ? spelling + name["model.".Length..]
        : name == "lm_head.weight" && spelling.StartsWith("language_model.model", StringComparison.Ordinal) ? "language_model." + name : name;

    private static JsonObject Tensor(int start, int count) => new()
    {
        ["dtype"] = "F32",
        ["shape"] = new JsonArray(count),
        ["data_offsets"] = new JsonArray(start, start + (count * sizeof(float))),
    };
}
