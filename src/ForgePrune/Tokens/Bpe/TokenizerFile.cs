using System.Text;
using System.Text.Json;
using ForgePrune.IO;

namespace ForgePrune.Tokens.Bpe;

/// <summary>Opens tokenizer.json and what stands beside it.</summary>
internal static class TokenizerFile
{
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    public static BpeTokenizer Load(string path)
    {
        if (Directory.Exists(path))
            path = Path.Combine(path, "tokenizer.json");
        using var document = Open(path);
        var configPath = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "tokenizer_config.json");
        if (!File.Exists(configPath))
            return new BpeTokenizer(Root(path, document), TokenizerConfig.None);
        using var config = Open(configPath);
        return new BpeTokenizer(Root(path, document), TokenizerConfig.Read(Root(configPath, config)));
    }

    internal static JsonPart Root(string path, JsonDocument document) => new(path, "$", document.RootElement);

    internal static JsonDocument Open(string path)
    {
        if (!File.Exists(path))
            throw TokenizerErrors.NoFile(path);
        try
        {
            // The parser looks at the bytes of a string only when it is asked for it; a broken one must be found now.
            var bytes = File.ReadAllBytes(path);
            LfsPointer.Refuse(path, bytes);
            return JsonDocument.Parse(Utf8.GetString(bytes));
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException)
        {
            throw TokenizerErrors.NotJson(path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw TokenizerErrors.Unreadable(path, e);
        }
    }
}
