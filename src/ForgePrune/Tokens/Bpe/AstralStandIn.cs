using System.Globalization;

namespace ForgePrune.Tokens.Bpe;

/// <summary>.NET's regular expressions see UTF-16 units, so \p{L} never matches a letter outside the basic plane.
/// Before matching, every such code point is replaced by one unit of the same general category;
/// the patterns ask for nothing but the category (the translator refuses those that name a stand-in).</summary>
internal static class AstralStandIn
{
    // Rare characters, one for each category, in the order of UnicodeCategory.
    private static readonly char[] ByCategory =
    [
        '\uA722', // UppercaseLetter: Latin Egyptological Alef
        '\uA723', // LowercaseLetter
        '\u1FBC', // TitlecaseLetter
        '\uA717', // ModifierLetter
        '\uA000', // OtherLetter: Yi It
        '\uA8E0', // NonSpacingMark: combining Devanagari zero
        '\uA880', // SpacingCombiningMark: Saurashtra anusvara
        '\uA670', // EnclosingMark
        '\uA8D0', // DecimalDigitNumber: Saurashtra zero
        '\uA6E6', // LetterNumber: Bamum mo
        '\uA830', // OtherNumber: North Indic quarter
        '\u205F', // SpaceSeparator (no astral one exists)
        '\u2028', // LineSeparator (no astral one exists)
        '\u2029', // ParagraphSeparator (no astral one exists)
        '\u009F', // Control (no astral one exists)
        '\u2064', // Format: invisible plus
        '\uD800', // Surrogate (never asked for)
        '\uE000', // PrivateUse
        '\uFE4F', // ConnectorPunctuation
        '\uFE58', // DashPunctuation
        '\uFE47', // OpenPunctuation
        '\uFE48', // ClosePunctuation
        '\u2E0C', // InitialQuotePunctuation
        '\u2E0D', // FinalQuotePunctuation
        '\uA874', // OtherPunctuation: Phags-pa
        '\uFE62', // MathSymbol
        '\uFE69', // CurrencySymbol
        '\uA716', // ModifierSymbol
        '\uA490', // OtherSymbol: Yi radical
        '\uFFFE', // OtherNotAssigned
    ];

    /// <summary>The stand-ins that can occur: no code point outside the basic plane is a separator, a control or (in a whole string) a surrogate.</summary>
    public static IReadOnlySet<char> InUse { get; } = ByCategory
        .Where(c => c is not ('\u205F' or '\u2028' or '\u2029' or '\u009F' or '\uD800')).ToHashSet();

    /// <summary>Writes one unit per code point to <paramref name="folded"/> and its place in the text to <paramref name="offsets"/>,
    /// closed by the text's length; returns the number of code points.</summary>
    public static int Fold(string text, Span<char> folded, Span<int> offsets)
    {
        var count = 0;
        for (var i = 0; i < text.Length; i++, count++)
        {
            offsets[count] = i;
            if (char.IsHighSurrogate(text[i]))
                folded[count] = ByCategory[(int)CharUnicodeInfo.GetUnicodeCategory(char.ConvertToUtf32(text[i], text[++i]))];
            else
                folded[count] = text[i];
        }
        offsets[count] = text.Length;
        return count;
    }
}
