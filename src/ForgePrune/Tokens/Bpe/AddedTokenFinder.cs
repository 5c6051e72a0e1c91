using System.Globalization;
using System.Text;

namespace ForgePrune.Tokens.Bpe;

/// <summary>Finds added tokens in a text, leftmost first and of those the longest.</summary>
internal sealed class AddedTokenFinder
{
    private readonly Dictionary<char, List<(string Content, AddedToken Token)>> byFirst = [];
    private readonly System.Buffers.SearchValues<char> firsts;

    public AddedTokenFinder(IEnumerable<(string Content, AddedToken Token)> tokens)
    {
        foreach (var entry in tokens.Where(t => t.Content.Length > 0))
        {
            if (!byFirst.TryGetValue(entry.Content[0], out var list))
                byFirst[entry.Content[0]] = list = [];
            list.Add(entry);
        }
        foreach (var (first, list) in byFirst)
            byFirst[first] = [.. list.OrderByDescending(t => t.Content.Length)]; // stable: of equal ones the first given wins
        firsts = System.Buffers.SearchValues.Create([.. byFirst.Keys]);
    }

    /// <summary>The text cut into added tokens and the stretches between them (Token null), which are not empty.</summary>
    public List<(int Start, int End, AddedToken? Token)> Split(string text)
    {
        var parts = new List<(int, int, AddedToken?)>();
        var from = 0;
        for (var at = 0; Next(text, at) is var (start, length, token);)
        {
            var end = at = start + length;
            if (token.SingleWord && (IsWordBefore(text, start) || IsWordAt(text, end)))
                continue;
            if (token.StripLeft)
            {
                while (start > from && char.IsWhiteSpace(text[start - 1]))
                    start--;
            }
            if (token.StripRight)
            {
                while (end < text.Length && char.IsWhiteSpace(text[end]))
                    end++;
            }
            // White space that the token before has swallowed is gone; a token of nothing else still counts.
            (start, end) = (Math.Max(start, from), Math.Max(end, from));
            if (start > from)
                parts.Add((from, start, null));
            parts.Add((start, end, token));
            from = end;
        }
        if (from < text.Length)
            parts.Add((from, text.Length, null));
        return parts;
    }

    private (int Start, int Length, AddedToken Token)? Next(string text, int at)
    {
        while (at < text.Length)
        {
            var skip = text.AsSpan(at).IndexOfAny(firsts);
            if (skip < 0)
                return null;
            at += skip;
            foreach (var (content, token) in byFirst[text[at]])
            {
                if (string.CompareOrdinal(text, at, content, 0, content.Length) == 0)
                    return (at, content.Length, token);
            }
            at++;
        }
        return null;
    }

    private static bool IsWordAt(string text, int at) => at < text.Length && IsWord(Rune.GetRuneAt(text, at));

    private static bool IsWordBefore(string text, int at) =>
        at > 0 && IsWord(Rune.GetRuneAt(text, at > 1 && char.IsLowSurrogate(text[at - 1]) ? at - 2 : at - 1));

    // Letters, marks, numbers that are digits or letters, connectors and the two joiners.
    private static bool IsWord(Rune rune) => rune.Value is 0x200C or 0x200D || Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
        or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
        or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;
}
