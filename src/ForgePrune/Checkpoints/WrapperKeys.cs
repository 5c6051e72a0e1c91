using System.Text.Json;
using System.Text.Json.Nodes;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Finds the decoder in the config.json of a model of text and images.</summary>
internal static class WrapperKeys
{
    private const string Section = "text_config", Type = "model_type", Classes = "architectures", Tied = "tie_word_embeddings";

    /// <summary>Ids that transformers generates by are those around the decoder, where they are given.</summary>
    private static readonly string[] Ids = ["bos_token_id", "eos_token_id", "pad_token_id"];

    /// <summary>Null where the config is a decoder's own.</summary>
    public static WrapperForm? Form(ConfigFields fields)
    {
        string? type = fields.String(Type);
        IReadOnlyList<string> architectures = fields.Strings(Classes) ?? [];
        WrapperForm? form = WrapperForm.All.FirstOrDefault(form => type is null ? form.IsAmong(architectures) : type == form.Name);
        return form is null || architectures.Count == 0 || form.IsAmong(architectures)
            ? form
            : throw fields.Bad($"architecture {CheckpointErrors.Quote(architectures[0])} of model_type {form.Name} is not supported",
                $"use a checkpoint of {form.Architecture}");
    }

    /// <summary>The keys of the decoder as a config of its own would have them. transformers saves such a section as what differs from its class, so that sizes
    /// may be missing.</summary>
    public static ConfigFields Decoder(ConfigFields fields, WrapperForm form)
    {
        ForeignKeys.RefuseAround(fields);
        ConfigFields inside = fields.Object(Section)
            ?? throw fields.Bad($"{Section} is missing, which says what the decoder of a {form.Name} is", "use the config.json that belongs to these weights");
        JsonObject keys = JsonNode.Parse(fields.Raw(Section)!.Value.GetRawText())!.AsObject();
        string type = inside.String(Type) ?? form.Decoder;
        keys[Type] = type;
        foreach (string key in Ids.Where(key => fields.Raw(key) is not null))
            keys[key] = Node(fields, key);
        if (fields.Raw(Tied) is not null && inside.Raw(Tied) is not null && fields.Bool(Tied, false) != inside.Bool(Tied, false))
            throw fields.Bad($"{Tied} is {Text(fields.Bool(Tied, false))} and {inside.Name(Tied)} {Text(inside.Bool(Tied, false))}",
                "keep the one that the model was trained with");
        if (fields.Raw(Tied) is not null)
            keys[Tied] = Node(fields, Tied);
        foreach ((string key, int size) in ModelFamilies.Find(type)?.ClassSizes?.Keys ?? [])
            if (!inside.Has(key))
                keys[key] = size;
        using var whole = JsonDocument.Parse(keys.ToJsonString());
        return new(whole.RootElement.Clone(), fields.File, $"{Section}.");
    }

    private static JsonNode? Node(ConfigFields fields, string key) => JsonNode.Parse(fields.Raw(key)!.Value.GetRawText());

    private static string Text(bool value) => value ? "true" : "false";
}
