using System.Collections.Concurrent;
using System.Text;

namespace ForgePrune.Tokens.Bpe;

/// <summary>Byte-pair encoding of one piece: its characters become symbols, and the pair of lowest rank merges until none is left.</summary>
internal sealed class BpeModel
{
    private const int LongestCached = 64; // characters; longer pieces hardly ever come again
    private const int MostCached = 1 << 18;

    private readonly string file;
    private readonly Dictionary<string, int> vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup;
    private readonly MergeTable merges;
    private readonly int[]? byteTokens; // id of <0x00> … <0xFF>, -1 where the vocabulary lacks it; null without byte fallback
    private readonly int? unknown;
    private readonly bool fuseUnknown;
    private readonly bool ignoreMerges;
    private readonly char? wordMark;
    private readonly ConcurrentDictionary<string, int[]> cache = new();

    public BpeModel(JsonPart part)
    {
        const string supported = "supported is BPE";
        if (part.Find("type") is { } type && type.Text() != "BPE")
            throw TokenizerErrors.Unsupported(part, $"the model {type.Text()}", supported);
        if (part.Find("dropout") is { } dropout && dropout.Element.GetRawText() is not ("0" or "0.0"))
            throw TokenizerErrors.Unsupported(dropout, "a BPE with dropout", "ids would differ from run to run");
        foreach (var affix in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
        {
            if (part.Find(affix) is { } given && given.Text().Length > 0)
                throw TokenizerErrors.Unsupported(given, $"a BPE with a {affix}", "supported is BPE without affixes");
        }
        file = part.File;
        vocabulary = ReadVocabulary(part.Get("vocab"));
        lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        merges = MergeTable.Read(part.Get("merges"), vocabulary);
        if (part.Flag("byte_fallback", false))
            byteTokens = [.. Enumerable.Range(0, 256).Select(b => vocabulary.GetValueOrDefault($"<0x{b:X2}>", -1))];
        if (part.Find("unk_token") is { } token)
            unknown = vocabulary.TryGetValue(token.Text(), out var id) ? id : throw TokenizerErrors.UnknownToken(token, "the unknown token", token.Text());
        fuseUnknown = part.Flag("fuse_unk", false);
        ignoreMerges = part.Flag("ignore_merges", false);
        wordMark = FindWordMark();
    }

    public IReadOnlyDictionary<string, int> Vocabulary => vocabulary;

    /// <summary>Appends the ids of a piece.</summary>
    public void Encode(string piece, List<int> ids)
    {
        if (wordMark is not { } mark || ignoreMerges)
        {
            ids.AddRange(EncodeWord(piece));
            return;
        }
        // No merge crosses from another symbol to the mark, so the words between merge as they would in one go.
        var from = 0;
        for (var i = 1; i < piece.Length; i++)
        {
            if (piece[i] != mark || piece[i - 1] == mark)
                continue;
            ids.AddRange(EncodeWord(piece[from..i]));
            from = i;
        }
        ids.AddRange(EncodeWord(piece[from..]));
    }

    private int[] EncodeWord(string word)
    {
        if (word.Length > LongestCached)
            return Merge(word);
        if (cache.TryGetValue(word, out var known))
            return known;
        var ids = Merge(word);
        if (cache.Count >= MostCached)
            cache.Clear();
        return cache[word] = ids;
    }

    private int[] Merge(string word)
    {
        if (ignoreMerges && vocabulary.TryGetValue(word, out var whole))
            return [whole];
        var symbols = new MergeQueue();
        var unknownPending = false;
        for (var i = 0; i < word.Length;)
        {
            var length = char.IsHighSurrogate(word[i]) ? 2 : 1;
            var symbol = word.AsSpan(i, length);
            i += length;
            if (lookup.TryGetValue(symbol, out var id))
            {
                if (unknownPending)
                    symbols.Add(unknown!.Value);
                unknownPending = false;
                symbols.Add(id);
            }
            else if (!TryFallBack(symbol, symbols))
            {
                if (unknown is null)
                    throw TokenizerErrors.NoSymbol(file, symbol.ToString());
                if (unknownPending && !fuseUnknown)
                    symbols.Add(unknown.Value);
                unknownPending = true; // held back, so that unknowns in a row can become one
            }
        }
        if (unknownPending)
            symbols.Add(unknown!.Value);
        return symbols.Merge(merges);
    }

    private bool TryFallBack(ReadOnlySpan<char> symbol, MergeQueue symbols)
    {
        if (byteTokens is null)
            return false;
        Span<byte> bytes = stackalloc byte[4];
        bytes = bytes[..Encoding.UTF8.GetBytes(symbol, bytes)];
        foreach (var value in bytes)
        {
            if (byteTokens[value] < 0)
                return false;
        }
        foreach (var value in bytes)
            symbols.Add(byteTokens[value]);
        return true;
    }

    // SentencePiece's ▁, where it can only ever begin a word: a symbol of its own, and no merge joins it to something else before it, be that
    // the unknown token, which stands for whatever has no symbol.
    private char? FindWordMark()
    {
        const char mark = '▁';
        if (!vocabulary.ContainsKey(mark.ToString()))
            return null;
        var texts = vocabulary.ToDictionary(p => p.Value, p => p.Key);
        var crossed = merges.Pairs.Any(p => (p.Left == unknown || !texts[p.Left].EndsWith(mark)) && texts[p.Right].StartsWith(mark));
        return crossed ? null : mark;
    }

    private static Dictionary<string, int> ReadVocabulary(JsonPart part)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var tokens = new Dictionary<int, string>();
        foreach (var (token, value) in part.Members())
        {
            var id = value.Id();
            if (ids.TryGetValue(token, out var before))
                tokens.Remove(before); // of a name given twice the last counts, as JSON readers have it
            ids[token] = id;
            if (!tokens.TryAdd(id, token))
                throw TokenizerErrors.DuplicateId(part, id, tokens[id], token);
        }
        return ids.Count > 0 ? ids : throw TokenizerErrors.Wrong(part, "a vocabulary with at least one token");
    }
}
