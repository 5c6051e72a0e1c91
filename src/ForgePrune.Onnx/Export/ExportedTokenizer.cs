using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Llama2C;

namespace ForgePrune.Onnx.Export;

/// <summary>Puts a model's tokenizer beside its export in the form that GenAI reads: tokenizer.json and tokenizer_config.json.</summary>
internal static class ExportedTokenizer
{
    public const string Definition = "tokenizer.json";
    public const string Settings = "tokenizer_config.json";

    private static readonly string[] Companions = ["special_tokens_map.json", "added_tokens.json", ChatTemplate.FileName];

    /// <summary>The tokenizer of an exported folder; null where it has none.</summary>
    public static string? Find(string folder) => Path.Combine(folder, Definition) is var file && File.Exists(file) ? file : null;

    public static void Write(TokenizerSource? source, int vocabSize, string folder)
    {
        if (source is null)
            return;
        if (source.Format == TokenizerFormat.Llama2c)
        {
            File.WriteAllBytes(Path.Combine(folder, Definition), Llama2CTokenizerJson.Convert(source.Path, source.Offset, source.Length, vocabSize));
            File.WriteAllBytes(Path.Combine(folder, Settings), Llama2CTokenizerJson.Settings);
            return;
        }
        File.Copy(source.Path, Path.Combine(folder, Definition));
        var from = Path.GetDirectoryName(source.Path)!;
        foreach (var name in Companions)
            CopyIfPresent(name, from, folder);
        try
        {
            File.WriteAllBytes(Path.Combine(folder, Settings), TokenizerSettings.Of(from, TokenizerReader.Load(source.Path)));
        }
        catch (BadInputException)
        {
            // What we cannot read goes along as it is, and GenAiTokenizer says what comes of it.
            CopyIfPresent(Settings, from, folder);
        }
    }

    private static void CopyIfPresent(string name, string from, string to)
    {
        if (File.Exists(Path.Combine(from, name)))
            File.Copy(Path.Combine(from, name), Path.Combine(to, name));
    }
}
