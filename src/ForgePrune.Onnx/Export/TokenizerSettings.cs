using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Export;

/// <summary>The tokenizer_config.json of an export. GenAI refuses the classes of remote code and lists of chat templates, and a class that it knows
/// changes how it cuts a text, whatever tokenizer.json says; so the export names the class that follows tokenizer.json, in GenAI as in Hugging Face's
/// loaders, and every value has the type that both know.</summary>
internal static class TokenizerSettings
{
    private const string FollowsDefinition = "PreTrainedTokenizerFast";

    private static readonly string[] Tokens = ["bos_token", "eos_token", "unk_token", "pad_token"], Flags = ["add_eos_token", "clean_up_tokenization_spaces"];

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
    };

    /// <param name="from">The folder of the model's own tokenizer.</param>
    /// <param name="tokenizer">What it reads as.</param>
    /// <exception cref="Errors.BadInputException">A value is of a type that means nothing.</exception>
    public static byte[] Of(string from, Tokenizer tokenizer)
    {
        var file = Path.Combine(from, ExportedTokenizer.Settings);
        var settings = File.Exists(file) ? Read(file) : [];
        settings.Remove("auto_map"); // code that stays behind
        settings["tokenizer_class"] = FollowsDefinition;
        foreach (var name in Tokens)
            Set(settings, name, Token(settings[name], file, name));
        foreach (var name in Flags)
            Set(settings, name, Typed(settings[name], file, name, "true or false", JsonValueKind.True, JsonValueKind.False));
        Set(settings, "model_max_length", Typed(settings["model_max_length"], file, "model_max_length", "a number", JsonValueKind.Number));
        // GenAI looks for BOS in the post-processor and by class where the file leaves it open, and needs its name for both.
        if ((tokenizer.BeginTokenId ?? tokenizer.BosTokenId) is { } bos)
            settings["bos_token"] = tokenizer.Token(bos);
        settings["add_bos_token"] = tokenizer.BeginTokenId is not null;
        Set(settings, ChatTemplate.Key, ChatTemplate.Of(from));
        return JsonSerializer.SerializeToUtf8Bytes(settings, Indented);
    }

    private static JsonObject Read(string file)
    {
        try
        {
            var settings = JsonNode.Parse(File.ReadAllBytes(file), documentOptions: new()
            {
                AllowDuplicateProperties = false
            }) as JsonObject ?? throw ExportErrors.NotJson(file);
            // A string with half a surrogate pair is well-formed JSON and shows only when it is written.
            _ = settings.ToJsonString();
            return settings;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw ExportErrors.NotJson(file, fault);
        }
    }

    private static void Set(JsonObject settings, string name, JsonNode? value)
    {
        settings.Remove(name);
        if (value is not null)
            settings[name] = value;
    }

    /// <summary>A token's text, which may stand in an object with its flags; those are in tokenizer.json too.</summary>
    private static JsonNode? Token(JsonNode? value, string file, string name) =>
        Typed(value is JsonObject token ? token["content"] : value, file, name, "the text of a token", JsonValueKind.String);

    /// <returns>A copy, or null for null.</returns>
    private static JsonNode? Typed(JsonNode? value, string file, string name, string wanted, params ReadOnlySpan<JsonValueKind> kinds) =>
        value is null ? null : kinds.Contains(value.GetValueKind()) ? value.DeepClone() : throw ExportErrors.Setting(file, name, value.GetValueKind(), wanted);
}
