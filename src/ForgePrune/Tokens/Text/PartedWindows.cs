using ForgePrune.Errors;

namespace ForgePrune.Tokens.Text;

/// <summary>Reads a calibration text in parts for fitting, selection, and judging.</summary>
internal static class PartedWindows
{
    // Where whole documents would leave more of the text unused, as few long ones do, sections of them stand for documents.
    private const double EnoughOfText = 0.9;

    // Sections are no shorter than this share of the text: each part gets some, and few ends meet.
    private const int Sections = 32;

    /// <summary>Cuts the text of a file into windows, as <see cref="Windows.FromFile"/> does, part by part.</summary>
    /// <param name="tokens">The largest number of ids in all windows.</param>
    /// <param name="seed">Says which documents go where; not negative.</param>
    /// <returns>The parts, and notes on how the text was read, one sentence each.</returns>
    /// <exception cref="BadInputException">The file cannot give at least <see cref="TextParts.Fewest"/> windows of such ids.</exception>
    public static (TextParts Parts, IReadOnlyList<string> Remarks) FromFile(
        string path, Tokenizer? tokenizer, int windowLength, int vocabSize, long tokens, int? bos, long seed)
    {
        if (Windows.HoldIds(path))
        {
            var cut = Windows.FromFile(path, tokenizer, windowLength, vocabSize, tokens, bos);
            return (TextParts.OfRuns(Enough(cut.Windows, path), seed, alone: false), cut.Remarks);
        }

        var wanted = (int)Windows.MostWindows(windowLength, tokens);
        if (wanted < TextParts.Fewest)
            throw TextErrors.TooFewParts(path, wanted, windowLength);
        var documents = new List<int[]>();
        var packing = new DocumentPacking(windowLength, bos, TextParts.Sizes(wanted), seed);
        foreach (var document in Windows.Encoded(tokenizer ?? throw TextErrors.NoTokenizer(path), path, vocabSize, (long)wanted * windowLength + 1))
        {
            documents.Add(document);
            packing.Add(document);
            if (packing.IsFull)
                return (packing.Finish(), []);
        }

        var found = Windows.Packed(documents, windowLength, bos);
        var sizes = TextParts.Sizes(Math.Min(wanted, Math.Max(found, TextParts.Fewest)));
        var (parts, used) = Pack(documents);
        if (used < EnoughOfText * Math.Min(wanted, found))
            (parts, used) = Pack(Sectioned());
        if (parts.Selection.Count == 0 || parts.Judging.Count == 0 || parts.Fitting.Count == 0)
            throw TextErrors.TooFewParts(path, found, windowLength);
        return (parts, used < wanted ? [$"{path} gives {(long)used * windowLength} tokens where {tokens} were asked for"] : []);

        (TextParts Parts, int Used) Pack(IEnumerable<int[]> pieces)
        {
            var anew = new DocumentPacking(windowLength, bos, sizes, seed);
            foreach (var piece in pieces)
                anew.Add(piece);
            return (anew.Finish(), anew.Windows.Sum());
        }

        IEnumerable<int[]> Sectioned()
        {
            var section = Math.Max(windowLength, (int)(Math.Min(wanted, found) * (long)windowLength / Sections));
            return documents.SelectMany(document => document.Chunk(section));
        }
    }

    private static TokenWindows Enough(TokenWindows windows, string path) =>
        windows.Count >= TextParts.Fewest ? windows : throw TextErrors.TooFewParts(path, windows.Count, windows.Length);
}
