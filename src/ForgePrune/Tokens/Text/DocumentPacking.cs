namespace ForgePrune.Tokens.Text;

/// <summary>Fills the windows of each part of a text with whole documents: every document goes where the largest share is still missing.</summary>
/// <param name="length">Tokens per window.</param>
/// <param name="bos">The id at the start of every window and between documents; null for none.</param>
/// <param name="windows">The number of windows of each part.</param>
/// <param name="seed">Says which part comes first; not negative.</param>
internal sealed class DocumentPacking(int length, int? bos, int[] windows, long seed)
{
    private readonly List<int>[] parts = [.. windows.Select(_ => new List<int>())];

    /// <summary>Whether every part has all its windows.</summary>
    public bool IsFull => Enumerable.Range(0, parts.Length).All(part => Missing(part) == 0);

    /// <summary>The whole windows of each part.</summary>
    public IEnumerable<int> Windows => parts.Select(part => part.Count / length);

    /// <summary>Adds a document, or as much of it as its part still takes.</summary>
    public void Add(ReadOnlySpan<int> document)
    {
        var to = Enumerable.Range(0, parts.Length).Select(part => (int)((part + seed) % parts.Length)).MaxBy(part => (double)Missing(part) / Capacity(part));
        var ids = parts[to];
        if (document.IsEmpty || Missing(to) == 0)
            return;
        if (bos is { } separator && ids.Count % length > 0)
            ids.Add(separator);
        foreach (var id in document)
        {
            if (Missing(to) == 0)
                return;
            if (bos is { } first && ids.Count % length == 0)
                ids.Add(first);
            ids.Add(id);
        }
    }

    /// <summary>What was packed, without the ids that fill no window.</summary>
    public TextParts Finish()
    {
        foreach (var part in parts)
            part.RemoveRange(part.Count - part.Count % length, part.Count % length);
        return TextParts.Of(length, parts);
    }

    private int Capacity(int part) => windows[part] * length;

    private int Missing(int part) => Capacity(part) - parts[part].Count;
}
