using ForgePrune.Gguf.Container;

namespace ForgePrune.Gguf.Vocabulary;

/// <summary>The tokens of a file, one for every row of the embedding.</summary>
/// <param name="Texts">As the vocabulary spells them.</param>
/// <param name="Kinds">What llama.cpp takes each for.</param>
internal sealed record VocabularyTokens(string[] Texts, TokenKind[] Kinds)
{
    /// <summary>Gives ids without a token a name and refuses what llama.cpp would end the process for.</summary>
    /// <param name="token">The text of an id; null where it has none.</param>
    /// <param name="kind">Of an id that has a text.</param>
    /// <param name="count">The rows of the embedding.</param>
    /// <param name="known">One more than the highest id with a text.</param>
    /// <exception cref="Errors.BadInputException">An id lies outside of the embedding, or two have the same text.</exception>
    public static VocabularyTokens Of(string file, Func<int, string?> token, Func<int, TokenKind> kind, int count, int known)
    {
        if (known > count)
            throw GgufErrors.Vocabulary(file, $"tokens without a row of the embedding ({known} ids, {count} rows)");
        var (texts, kinds, seen) = (new string[count], new TokenKind[count], new Dictionary<string, int>(StringComparer.Ordinal));
        for (var id = 0; id < count; id++)
        {
            if (token(id) is not { } text)
                continue;
            (texts[id], kinds[id]) = (text, kind(id));
            if (!seen.TryAdd(text, id))
                throw GgufErrors.Vocabulary(file, $"two tokens of the same text (ids {seen[text]} and {id})");
        }

        for (var id = 0; id < count; id++)
        {
            if (texts[id] is not null)
                continue;
            var name = $"[PAD{id}]";
            while (!seen.TryAdd(name, id))
                name = $"[{name}]";
            (texts[id], kinds[id]) = (name, TokenKind.Unused);
        }

        return new(texts, kinds);
    }

    public void AddTo(GgufMetadata keys)
    {
        keys.Add("tokenizer.ggml.tokens", Texts);
        keys.Add("tokenizer.ggml.token_type", Array.ConvertAll(Kinds, kind => (int)kind));
    }
}

/// <summary>What a token is, as the format numbers it.</summary>
internal enum TokenKind
{
    Normal = 1,
    Unknown = 2,

    /// <summary>Written by templates, not by users.</summary>
    Control = 3,

    /// <summary>Found in a text before anything else is done to it.</summary>
    User = 4,

    Unused = 5,

    /// <summary>A byte of a character that the vocabulary lacks.</summary>
    Byte = 6,
}
