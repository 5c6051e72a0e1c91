using ForgePrune.Tokens.Bpe;

namespace ForgePrune.Tests.Tokens;

public sealed class CanonicalCompositionTests
{
    [TestCase("plain ASCII", "plain ASCII")]
    [TestCase("e\u0301", "é")]
    [TestCase("\u212B\u2126", "ÅΩ")] // singletons
    [TestCase("a\u0323\u0302", "\u1EAD")]
    [TestCase("a\u0302\u0323", "\u1EAD")] // marks are put in order first
    [TestCase("a\u0315\u0300", "à\u0315")]
    [TestCase("a\u0300\u0300", "à\u0300")]
    [TestCase("\u0958", "\u0915\u093C")] // excluded from composition
    [TestCase("\u0344", "\u0308\u0301")]
    [TestCase("\u1100\u1161\u11A8", "\uAC01")]
    [TestCase("\uAC00\u11A8", "\uAC01")]
    [TestCase("\uAC01\u11A8", "\uAC01\u11A8")]
    [TestCase("\u0301e", "\u0301e")] // a mark without a base
    [TestCase("\u1E9B\u0323", "\u1E9B\u0323")]
    [TestCase("𝅗𝅥", "\U0001D157\U0001D165")] // outside the basic plane, excluded
    [TestCase("\U00011099\U000110BA", "\U0001109A")] // outside the basic plane, composing
    [TestCase("ﬁ", "ﬁ")] // compatibility forms stay
    public void Composes_as_form_C(string text, string expected) => Assert.That(CanonicalComposition.Compose(text), Is.EqualTo(expected));
}
