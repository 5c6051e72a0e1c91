namespace ForgePrune.Checkpoints;

/// <summary>Copies a tokenizer when a checkpoint is written.</summary>
internal static class TokenizerFiles
{
    /// <summary>The files that the loaders of Hugging Face read beside tokenizer.json.</summary>
    private static readonly string[] Companions =
        ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.model", "vocab.json", "merges.txt", "chat_template.jinja",
            "generation_config.json"];

    /// <summary>Copies tokenizer.json and its companions, or a llama2.c table as tokenizer.bin.</summary>
    public static void Copy(TokenizerSource? source, string folder)
    {
        if (source is null)
            return;
        if (source.Format == TokenizerFormat.Llama2c)
        {
            Extract(source, Path.Combine(folder, "tokenizer.bin"));
            return;
        }

        File.Copy(source.Path, Path.Combine(folder, "tokenizer.json"));
        string from = Path.GetDirectoryName(source.Path)!;
        foreach (string name in Companions)
            if (File.Exists(Path.Combine(from, name)))
                File.Copy(Path.Combine(from, name), Path.Combine(folder, name));
    }

    private static void Extract(TokenizerSource source, string target)
    {
        var table = new byte[checked((int)source.Length)];
        using FileStream input = File.OpenRead(source.Path);
        input.Position = source.Offset;
        input.ReadExactly(table);
        File.WriteAllBytes(target, table);
    }
}
