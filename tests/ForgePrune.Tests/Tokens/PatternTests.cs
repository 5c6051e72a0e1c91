using ForgePrune.Tokens.Bpe;

namespace ForgePrune.Tests.Tokens;

public sealed class PatternTests
{
    // Expected by Oniguruma 6.9 itself. The JavaScript reference differs in the first three: it folds ASCII letters only,
    // and its \s is JavaScript's, which has the byte-order mark and lacks U+0085.
    [TestCase("(?i:'s|'t)", "'\u017F", "'\u017F")]
    [TestCase(@"\s", "\uFEFF\u0085", "\u0085")]
    [TestCase(@"\S+", "a\uFEFFb\u0085", "a\uFEFFb")]
    [TestCase("'(?i:[sdmt]|ll)", "'\u017F 'LL 'x", "'\u017F|'LL")]
    [TestCase("(?i:'s)t", "'sT 'St", "'St")]
    [TestCase(@"\p{L}+", "a𐐀𠀀b 𝟘", "a𐐀𠀀b")]
    [TestCase(@"\p{N}{1,3}", "1𝟚3𐄇5", "1𝟚3|𐄇5")]
    [TestCase(@"[^\r\n\p{L}\p{N}]?+\p{L}+", "xy zw 😀a", "xy| zw|😀a")]
    [TestCase(@"[^\s\p{L}\p{N}]+", "😀👍🏽!a", "😀👍🏽!")]
    [TestCase("(?:ab|a)++b", "abab ab", "")] // possessive: the last b is never given back
    [TestCase("[一-龥぀-ゟ゠-ヿ]+", "漢字か𠀀x", "漢字か")]
    [TestCase("[!-/:-@]", "a,b:", ",|:")]
    [TestCase(@"[\u0041-\x43\]\-]+", "AC]-D", "AC]-")]
    [TestCase(@"\s+(?!\S)|\s+", "a   b", "  | ")]
    public void Matches_what_oniguruma_matches(string pattern, string text, string expected)
    {
        Assert.That(string.Join('|', Pattern.Expression(pattern).Matches(text).Select(m => text[m.Start..m.End])), Is.EqualTo(expected));
    }

    [TestCase("(")]
    [TestCase(")")]
    [TestCase("[a")]
    [TestCase("a\\")]
    [TestCase("[a&&b]")]
    [TestCase("[[:alpha:]]")]
    [TestCase(@"\p{Han}")]
    [TestCase(@"\p")]
    [TestCase(@"\w")]
    [TestCase(@"\h")]
    [TestCase(@"\u12")]
    [TestCase("a{1,2}+")]
    [TestCase("a{,2}")]
    [TestCase("a**")]
    [TestCase("^a$")]
    [TestCase("(?<name>a)")]
    [TestCase(@"[\u0800-\uFFFF]")]
    [TestCase("😀")]
    [TestCase("[z-a]")]
    public void What_cannot_be_carried_over_is_refused(string pattern) =>
        Assert.That(() => Pattern.Expression(pattern), Throws.InstanceOf<PatternSyntaxException>());
}
