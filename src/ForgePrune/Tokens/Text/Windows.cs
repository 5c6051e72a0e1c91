using ForgePrune.Errors;
using ForgePrune.IO;

namespace ForgePrune.Tokens.Text;

/// <summary>Reads windows of token ids from files.</summary>
public static class Windows
{
    /// <summary>The version of the result: it changes when the same text gives different windows.</summary>
    public static StageFormat Format { get; } = new("windows", 1);

    // What follows a text can change ids that stand before its end, as the rest of a word does, but not so many: each holds a byte of text or more.
    private const int Unsettled = 1 << 14;

    // More than a token has in most languages; where it is too few, more is read.
    private const int CharactersPerToken = 5;

    /// <summary>Reads <c>.bin</c>, <c>.u16</c>, <c>.u32</c> and <c>.u64</c> as token ids (<see cref="TokenFile"/>) and everything else as text.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="tokenizer">The tokenizer of the model; null where it has none, and then only token ids can be read.</param>
    /// <param name="windowLength">The number of tokens per window, at least 2.</param>
    /// <param name="vocabSize">The vocabulary of the model; ids at or above it are an error.</param>
    /// <param name="maxTokens">The largest number of ids in all windows; null for the whole file.</param>
    /// <param name="bos">The id at the start of every window of text; null for none.</param>
    /// <exception cref="BadInputException">The file cannot give at least one window of such ids.</exception>
    public static CutWindows FromFile(string path, Tokenizer? tokenizer, int windowLength, int vocabSize, long? maxTokens, int? bos)
    {
        if (!HoldIds(path))
            return FromText(tokenizer ?? throw TextErrors.NoTokenizer(path), path, windowLength, vocabSize, maxTokens, bos);
        var windows = TokenFile.Cut(path, windowLength, vocabSize, MostWindows(windowLength, maxTokens), out var found);
        if (found.More && maxTokens is null)
            throw TextErrors.TooManyIds(path, Array.MaxLength);
        var remarks = new List<string>();
        if (found is { Width: > IdWidth.Narrow, Stated: false })
            remarks.Add($"{path} is read as token ids of {found.Width} bytes");
        if (found.Width == IdWidth.Narrow && vocabSize > ushort.MaxValue + 1)
            remarks.Add($"{path} has ids of two bytes, which hold none above {ushort.MaxValue} of the model's {vocabSize}");
        return new CutWindows(windows, 0, found.More, [.. remarks, .. Fewer(path, windows.TokenCount, found.More, windowLength, maxTokens)]);
    }

    /// <summary>Whether the file holds token ids, which need no tokenizer.</summary>
    public static bool HoldIds(string path) =>
        Path.GetExtension(path).Equals(".bin", StringComparison.OrdinalIgnoreCase) || IdWidth.Of(path) is not null;

    /// <summary>Checks the first bytes of a file, before work starts.</summary>
    /// <exception cref="BadInputException">The file has a format that is neither text nor token ids.</exception>
    public static void RequireKnownFormat(string path)
    {
        using var file = SourceFile.Open(path);
        if (!HoldIds(path))
            Documents.Reader(file);
    }

    /// <summary>Cuts the documents of a text into windows: <paramref name="bos"/> first, then the next ids of the stream.
    /// Documents follow each other with <paramref name="bos"/> between them; what does not fill the last window is dropped and counted.</summary>
    /// <inheritdoc cref="FromFile"/>
    public static CutWindows FromText(Tokenizer tokenizer, string path, int windowLength, int vocabSize, long? maxTokens, int? bos)
    {
        var most = MostWindows(windowLength, maxTokens) * windowLength;
        var ids = new List<int>();
        long seen = 0;
        foreach (var document in Documents.Read(path))
        {
            // One more than is wanted tells that there is more.
            var encoded = Encoded(tokenizer, document, maxTokens is null ? null : most - ids.Count + 1);
            if (encoded.Length > 0 && bos is { } separator && ids.Count % windowLength > 0)
                ids.Add(separator);
            foreach (var id in encoded)
            {
                if (id >= vocabSize)
                    throw TextErrors.IdOutside(path, id, seen, vocabSize);
                if (ids.Count == most && maxTokens is null)
                    throw TextErrors.TooManyIds(path, (int)most);
                if (ids.Count == most)
                    return new CutWindows(new TokenWindows(windowLength, [.. ids]), 0, true, []);
                if (bos is { } first && ids.Count % windowLength == 0)
                    ids.Add(first);
                ids.Add(id);
                seen++;
            }
        }
        var ragged = ids.Count % windowLength;
        if (ids.Count == ragged)
            throw TextErrors.TooLittle(path, ids.Count, windowLength);
        ids.RemoveRange(ids.Count - ragged, ragged);
        string[] left = ragged > 0 ? [$"{path}: the last {ragged} tokens fill no window and are left out"] : [];
        return new CutWindows(new TokenWindows(windowLength, [.. ids]), ragged, false, [.. left, .. Fewer(path, ids.Count, false, windowLength, maxTokens)]);
    }

    /// <summary>The ids of every document of a text, one after the other.</summary>
    /// <param name="most">Of a longer document so many ids are enough.</param>
    /// <exception cref="BadInputException">The file cannot be read as text, or an id lies outside of the vocabulary.</exception>
    internal static IEnumerable<int[]> Encoded(Tokenizer tokenizer, string path, int vocabSize, long most)
    {
        long seen = 0;
        foreach (var document in Documents.Read(path))
        {
            var ids = Encoded(tokenizer, document, most);
            foreach (var id in ids)
            {
                if (id >= vocabSize)
                    throw TextErrors.IdOutside(path, id, seen, vocabSize);
                seen++;
            }
            yield return ids;
        }
    }

    /// <summary>The number of windows that documents fill, one after the other.</summary>
    internal static int Packed(IEnumerable<int[]> documents, int windowLength, int? bos)
    {
        var separators = bos is null ? 0 : 1;
        // Every window but those that a document ends begins with an id of its own.
        var ids = documents.Where(document => document.Length > 0).Sum(document => (long)document.Length + separators);
        return (int)Math.Min(ids / windowLength, int.MaxValue / windowLength);
    }

    /// <summary>The document's first ids: at least <paramref name="wanted"/>, or all. They are those of the whole document, whose rest need not be
    /// read.</summary>
    private static int[] Encoded(Tokenizer tokenizer, Document document, long? wanted)
    {
        if (wanted is not { } enough)
            return tokenizer.Encode(document.Whole());
        for (var characters = (enough + Unsettled) * CharactersPerToken; ; characters *= 2)
        {
            var (text, isAll) = document.Take(characters);
            var ids = tokenizer.Encode(text);
            if (isAll)
                return ids;
            if (ids.Length >= enough + Unsettled)
                return ids[..^Unsettled];
        }
    }

    private static string[] Fewer(string path, long tokens, bool more, int windowLength, long? maxTokens) =>
        !more && maxTokens is { } asked && tokens < asked / windowLength * windowLength ? [$"{path} gives {tokens} tokens where {asked} were asked for"] : [];

    internal static long MostWindows(int windowLength, long? maxTokens)
    {
        if (windowLength < 2)
            throw TextErrors.ShortWindow(windowLength);
        if (maxTokens < windowLength)
            throw TextErrors.TooFewWanted(maxTokens.Value, windowLength);
        return Math.Min(maxTokens ?? long.MaxValue, Array.MaxLength) / windowLength;
    }
}
