using ForgePrune.Tokens.Bpe;

namespace ForgePrune.Tokens;

/// <summary>The template that a client gets who names none. A file of its own counts for more than the key of tokenizer_config.json, as Hugging Face's
/// loaders have it.</summary>
internal static class ChatTemplate
{
    /// <summary>The key of tokenizer_config.json, and the file.</summary>
    public const string Key = "chat_template", FileName = Key + ".jinja";

    private const string Default = "default";

    /// <param name="folder">Of the tokenizer.</param>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="Errors.BadInputException">The key holds neither a template nor named ones.</exception>
    public static string? Of(string folder)
    {
        var (own, settings) = (Path.Combine(folder, FileName), Path.Combine(folder, "tokenizer_config.json"));
        if (File.Exists(own))
            return File.ReadAllText(own);
        if (!File.Exists(settings))
            return null;
        using var document = TokenizerFile.Open(settings);
        return TokenizerFile.Root(settings, document).Find(Key) switch
        {
            null => null,
            { IsString: true } template => template.Text(),
            { IsArray: true } named => named.Items().Where(item => item.Find("name")?.Text() == Default).Select(item => item.Find("template")?.Text())
                .FirstOrDefault(),
            { } named => named.Find(Default)?.Text(),
        };
    }
}
