using ForgePrune.Gguf.Container;
using ForgePrune.Tokens.Bpe;

namespace ForgePrune.Gguf.Vocabulary;

/// <summary>The keys of BPE as SentencePiece writes it, which llama.cpp calls llama. Where a tokenizer.json lists merges, llama.cpp joins the neighbors
/// whose joined text is the token of the highest score; so a token's score is minus the place of its first merge.</summary>
internal static class SentencePieceKeys
{
    private const string Mark = "▁";

    /// <param name="root">The whole tokenizer.json.</param>
    /// <param name="tokens">Of the file.</param>
    /// <exception cref="Errors.BadInputException">llama.cpp would make other ids of a text.</exception>
    public static void Add(GgufMetadata keys, JsonPart root, VocabularyTokens tokens, Action<string> note)
    {
        var prefix = AddsSpace(root, note);
        keys.Add("tokenizer.ggml.model", "llama");
        keys.Add("tokenizer.ggml.pre", "default");
        keys.Add("tokenizer.ggml.scores", Scores(root.Get("model").Get("merges"), tokens));
        keys.Add("tokenizer.ggml.add_space_prefix", prefix);
    }

    /// <summary>Whether a mark goes before the text; every space must become one.</summary>
    private static bool AddsSpace(JsonPart root, Action<string> note)
    {
        var normalizers = root.Find("normalizer") is not { } part ? [] : part.Type() == "Sequence" ? part.Get("normalizers").Items() : [part];
        var cut = root.Find("pre_tokenizer");
        switch (normalizers)
        {
            case [var prepend, var replace] when cut is null && IsPrepend(prepend) && IsReplace(replace):
                return true;
            case [var replace] when cut is null && IsReplace(replace):
                return false;
            case [] when cut is { } space && space.Type() == "Metaspace" && Metaspace.Mark(space) == Mark && !space.Flag("split", true):
                if (Metaspace.Scheme(space) == PrependScheme.Never)
                    return false;
                note("llama.cpp puts a space before a text that begins with one, which the tokenizer does not");
                return true;
            default:
                throw GgufErrors.Vocabulary(root.File,
                    $"way to mark spaces by {Shown("normalizer", normalizers)} and {Shown("pre-tokenizer", cut is { } one ? [one] : [])}");
        }
    }

    private static bool IsPrepend(JsonPart part) => part.Type() == "Prepend" && part.Get("prepend").Text() == Mark;

    private static bool IsReplace(JsonPart part) =>
        part.Type() == "Replace" && part.Get("pattern").Find("String")?.Text() == " " && part.Get("content").Text() == Mark;

    private static string Shown(string what, List<JsonPart> steps) =>
        steps.Count == 0 ? $"no {what}" : $"the {what} {string.Join(", ", steps.Select(step => step.Type()))}";

    private static float[] Scores(JsonPart merges, VocabularyTokens tokens)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < tokens.Texts.Length; id++)
        {
            if (tokens.Kinds[id] == TokenKind.Normal)
                ids.Add(tokens.Texts[id], id);
        }

        var (ways, scores, last) = (new int[tokens.Texts.Length], new float[tokens.Texts.Length], "");
        var rank = 0;
        foreach (var item in merges.Items())
        {
            var text = Joined(item);
            if (ids.TryGetValue(text, out var id))
            {
                if (ways[id]++ == 0)
                    scores[id] = -rank;
                else if (text != last)
                    throw GgufErrors.Vocabulary(merges.File, $"merges of one token ('{text}') that stand apart");
            }

            (last, rank) = (text, rank + 1);
        }

        RequireEveryWay(merges.File, ids, ways);
        // Tokens that no merge makes are never looked for, and come last if they are.
        for (var id = 0; id < scores.Length; id++)
            scores[id] = ways[id] > 0 ? scores[id] : tokens.Kinds[id] == TokenKind.Normal ? -rank : 0;
        return scores;
    }

    private static string Joined(JsonPart merge) =>
        merge.IsArray ? string.Concat(merge.Items().Select(part => part.Text())) : merge.Text().Replace(" ", "", StringComparison.Ordinal);

    /// <summary>llama.cpp joins any two neighbors that make a token, so each such pair must be a merge.</summary>
    private static void RequireEveryWay(string file, Dictionary<string, int> ids, int[] ways)
    {
        foreach (var (text, id) in ids)
        {
            var pairs = Enumerable.Range(1, Math.Max(0, text.Length - 1)).Count(at => !char.IsLowSurrogate(text[at]) && ids.ContainsKey(text[..at])
                && ids.ContainsKey(text[at..]));
            if (pairs > ways[id])
                throw GgufErrors.Vocabulary(file, $"token that only some of its parts join to ('{text}')");
        }
    }
}
