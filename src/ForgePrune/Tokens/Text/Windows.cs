using ForgePrune.Errors;

namespace ForgePrune.Tokens.Text;

/// <summary>Makes windows of token ids from files.</summary>
public static class Windows
{
    /// <summary>Whether the file holds token ids, which need no tokenizer.</summary>
    public static bool HoldIds(string path) => Path.GetExtension(path).Equals(".bin", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads <c>.bin</c> as token ids (<see cref="TokenFile"/>) and everything else as text.</summary>
    /// <param name="tokenizer">Null where the model has none; then only token ids can be read.</param>
    /// <param name="vocabSize">The model's; ids at or above it are refused.</param>
    /// <param name="maxTokens">Upper bound of the ids in all windows; null for the whole file.</param>
    /// <param name="bos">The id at the first place of every window cut from text; null for none.</param>
    /// <exception cref="BadInputException">The file cannot give at least one window of such ids.</exception>
    public static CutWindows FromFile(string path, Tokenizer? tokenizer, int windowLength, int vocabSize, long? maxTokens, int? bos)
    {
        if (!HoldIds(path))
            return FromText(tokenizer ?? throw TextErrors.NoTokenizer(path), path, windowLength, vocabSize, maxTokens, bos);
        var windows = TokenFile.Read(path, windowLength, vocabSize);
        var wanted = Math.Min(windows.Count, MostWindows(windowLength, maxTokens));
        return new CutWindows(windows.Slice(0, (int)wanted), 0, wanted < windows.Count);
    }

    /// <summary>Cuts the documents of a text into windows: <paramref name="bos"/> first, then the next ids of the stream.
    /// Documents follow each other with <paramref name="bos"/> between them; what does not fill the last window is dropped and counted.</summary>
    /// <inheritdoc cref="FromFile"/>
    public static CutWindows FromText(Tokenizer tokenizer, string path, int windowLength, int vocabSize, long? maxTokens, int? bos)
    {
        var most = MostWindows(windowLength, maxTokens);
        var ids = new List<int>();
        long seen = 0;
        foreach (var document in Documents.Read(path))
        {
            var encoded = tokenizer.Encode(document);
            if (encoded.Length > 0 && bos is { } separator && ids.Count % windowLength > 0)
                ids.Add(separator);
            foreach (var id in encoded)
            {
                if (id >= vocabSize)
                    throw TextErrors.IdOutside(path, id, seen, vocabSize);
                if (ids.Count == most * windowLength)
                    return new CutWindows(new TokenWindows(windowLength, [.. ids]), 0, true);
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
        return new CutWindows(new TokenWindows(windowLength, [.. ids]), ragged, false);
    }

    private static long MostWindows(int windowLength, long? maxTokens)
    {
        if (windowLength < 2)
            throw TextErrors.ShortWindow(windowLength);
        if (maxTokens < windowLength)
            throw TextErrors.TooFewWanted(maxTokens.Value, windowLength);
        return (maxTokens ?? Array.MaxLength) / windowLength;
    }
}
