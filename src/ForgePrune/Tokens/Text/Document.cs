namespace ForgePrune.Tokens.Text;

/// <summary>One document of a text. A long one need not be read to its end: a few windows do not need all of a corpus.</summary>
internal abstract class Document
{
    /// <summary>The document's first characters: at least so many, or all.</summary>
    /// <returns>Whether these are all.</returns>
    public abstract (string Text, bool IsAll) Take(long characters);

    /// <summary>All of it.</summary>
    public string Whole() => Take(long.MaxValue).Text;

    /// <summary>A document that is at hand as a whole.</summary>
    internal static Document Of(string text) => new AtHand(text);

    private sealed class AtHand(string text) : Document
    {
        public override (string Text, bool IsAll) Take(long characters)
        {
            if (characters >= text.Length)
                return (text, true);
            var end = (int)characters;
            // Both halves of a character stay together.
            return (text[..(end > 0 && char.IsHighSurrogate(text[end - 1]) ? end + 1 : end)], false);
        }
    }
}
