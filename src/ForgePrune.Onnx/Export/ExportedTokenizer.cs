using ForgePrune.Checkpoints;
using ForgePrune.Tokens.Llama2C;

namespace ForgePrune.Onnx.Export;

/// <summary>Puts a model's tokenizer beside its export in the form that GenAI reads: tokenizer.json and tokenizer_config.json.</summary>
internal static class ExportedTokenizer
{
    private const string Definition = "tokenizer.json";
    private const string Settings = "tokenizer_config.json";

    private static readonly string[] Companions = [Settings, "special_tokens_map.json", "added_tokens.json", "chat_template.jinja"];

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
        {
            if (File.Exists(Path.Combine(from, name)))
                File.Copy(Path.Combine(from, name), Path.Combine(folder, name));
        }
        // GenAI refuses a folder without settings. The class decides little: what matters is in tokenizer.json.
        if (!File.Exists(Path.Combine(folder, Settings)))
            File.WriteAllText(Path.Combine(folder, Settings), "{\n  \"tokenizer_class\": \"PreTrainedTokenizerFast\"\n}\n");
    }
}
