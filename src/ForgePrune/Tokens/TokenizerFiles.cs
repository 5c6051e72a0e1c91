namespace ForgePrune.Tokens;

/// <summary>The files a tokenizer travels in, by file name: <c>tokenizer.json</c> and its companions.</summary>
public sealed record TokenizerFiles(IReadOnlyDictionary<string, byte[]> Files)
{
    public const string Definition = "tokenizer.json";
    public const string Settings = "tokenizer_config.json";

    private static readonly string[] Known = [Definition, Settings, "special_tokens_map.json", "generation_config.json", "chat_template.jinja"];

    /// <summary>What a Hugging Face folder holds. GenAI wants a tokenizer_config.json, so a plain one is made where the folder has none.</summary>
    public static TokenizerFiles FromFolder(string folder)
    {
        var files = Known.Where(name => File.Exists(Path.Combine(folder, name)))
            .ToDictionary(name => name, name => File.ReadAllBytes(Path.Combine(folder, name)));
        files.TryAdd(Settings, "{\n  \"tokenizer_class\": \"PreTrainedTokenizerFast\"\n}\n"u8.ToArray());
        return new TokenizerFiles(files);
    }
}
