using ForgePrune.Gguf.Container;
using ForgePrune.Tokens.Bpe;

namespace ForgePrune.Gguf.Vocabulary;

/// <summary>The keys of byte-level BPE, which llama.cpp calls gpt2.</summary>
internal static class ByteLevelKeys
{
    /// <param name="root">The whole tokenizer.json.</param>
    /// <exception cref="Errors.BadInputException">llama.cpp would make other ids of a text.</exception>
    public static void Add(GgufMetadata keys, JsonPart root, Action<string> note)
    {
        if (root.Find("normalizer") is { } normalizer)
        {
            if (normalizer.Type() != "NFC")
                throw GgufErrors.Vocabulary(root.File, $"normalizer {normalizer.Type()} before byte-level BPE");
            note("llama.cpp does not compose characters (NFC) as the tokenizer does; texts with combining marks are read as other ids");
        }

        var split = SplitNames.Of(root);
        var model = root.Get("model");
        var whole = model.Flag("ignore_merges", false);
        if (whole != (split == SplitNames.LlamaBpe))
            note($"a word that is a token is {(whole ? "" : "not ")}taken as it is by the tokenizer, other than by llama.cpp's {split}; rare words may differ");
        keys.Add("tokenizer.ggml.model", "gpt2");
        keys.Add("tokenizer.ggml.pre", split);
        keys.Add("tokenizer.ggml.merges", Merges(model.Get("merges")));
    }

    private static string[] Merges(JsonPart part) => [.. part.Items().Select(item =>
    {
        if (!item.IsArray)
            return item.Text();
        var (left, right) = (item.Items()[0].Text(), item.Items()[1].Text());
        return left.Contains(' ') || right.Contains(' ')
            ? throw GgufErrors.Vocabulary(part.File, $"merge of tokens with spaces ('{left}' and '{right}')") : $"{left} {right}";
    })];
}
