namespace ForgePrune.Tokens.Bpe;

/// <summary>Cuts a text at the matches of a pattern.</summary>
internal static class Splitter
{
    /// <summary>The pieces, in order, as ranges; empty ones are left out.</summary>
    /// <param name="invert">Cut at what lies between the matches instead.</param>
    public static List<(int Start, int End)> Split(List<(int Start, int End)> matches, int length, SplitBehavior behavior, bool invert)
    {
        var stretches = Stretches(matches, length, invert);
        var pieces = new List<(int Start, int End)>(stretches.Count);
        var previousMatch = false;
        foreach (var (start, end, match) in stretches)
        {
            var joins = pieces.Count > 0 && behavior switch
            {
                SplitBehavior.Contiguous => match == previousMatch,
                SplitBehavior.MergedWithPrevious => match && !previousMatch,
                SplitBehavior.MergedWithNext => !match && previousMatch,
                _ => false,
            };
            if (joins)
                pieces[^1] = (pieces[^1].Start, end);
            else if (!(match && behavior == SplitBehavior.Removed))
                pieces.Add((start, end));
            previousMatch = match;
        }
        pieces.RemoveAll(p => p.Start == p.End);
        return pieces;
    }

    private static List<(int Start, int End, bool Match)> Stretches(List<(int Start, int End)> matches, int length, bool invert)
    {
        var stretches = new List<(int, int, bool)>(2 * matches.Count + 1);
        var from = 0;
        foreach (var (start, end) in matches)
        {
            if (start > from)
                stretches.Add((from, start, invert));
            stretches.Add((start, end, !invert));
            from = end;
        }
        if (from < length)
            stretches.Add((from, length, invert));
        return stretches;
    }
}
