using ForgePrune.Checkpoints;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Bpe;

namespace ForgePrune.Tests.Tokens;

/// <summary>Ids against Hugging Face's own library.</summary>
public sealed class TokenizerReferenceTests
{
    private static readonly int Seed = Fuzz.Seed(20260701);
    private static readonly int RandomTexts = Fuzz.Count(1000);

    private static readonly string[] All =
    [
        "tokenizers/gpt2", "tokenizers/llama2", "tokenizers/llama3", "tokenizers/mistral-v0.1", "tokenizers/qwen2.5",
        "models/minimind2-small-hf-f16", "models/stories15M-hf-f16",
    ];

    [TestCaseSource(nameof(All))]
    [Category("Slow")]
    public void Ids_equal_the_reference(string name)
    {
        var path = Shared.File($"{name}/tokenizer.json");
        Compare(path, [.. Samples.Texts, .. Samples.Random(Seed, RandomTexts)]);
    }

    [TestCaseSource(typeof(SyntheticTokenizers), nameof(SyntheticTokenizers.Names))]
    public void Ids_of_made_tokenizers_equal_the_reference(string name)
    {
        using var folder = new TemporaryFolder();
        Compare(folder.Write("tokenizer.json", SyntheticTokenizers.All[name]), SyntheticTokenizers.Texts);
    }

    [TestCaseSource(typeof(FamilyTokenizers), nameof(FamilyTokenizers.Names))]
    [Category("Slow")]
    public void Ids_of_tokenizers_built_as_those_of_a_family_equal_the_reference(string name)
    {
        using var folder = new TemporaryFolder();
        Compare(folder.Write("tokenizer.json", FamilyTokenizers.Of(name)), [.. FamilyTokenizers.Texts, .. Samples.Random(Seed, RandomTexts / 2)]);
    }

    [Test]
    public void A_token_of_its_own_counts_only_where_no_word_touches_it()
    {
        using var folder = new TemporaryFolder();
        var tokenizer = TokenizerReader.Load(folder.Write("tokenizer.json", SyntheticTokenizers.All[SyntheticTokenizers.SingleWord]));
        Assert.That(tokenizer.Encode("<w> a.<w>.<w>"), Is.EqualTo(new[] { 15, 7, 5, 15, 5, 15 }));
        Assert.That(tokenizer.Encode("<w>a b<w>"), Is.EqualTo(new[] { 12, 14, 13, 0, 2, 1, 12, 14, 13 }));
    }

    [Test]
    public void Every_mark_of_a_metaspace_begins_a_piece()
    {
        var pieces = new List<Piece>();
        new Metaspace("▁", PrependScheme.Always, split: true).Apply(new("Hey   friend!", true), pieces);
        Assert.That(pieces.Select(p => p.Text), Is.EqualTo(new[] { "▁Hey", "▁", "▁", "▁friend!" }));
    }

    [TestCase(SplitBehavior.Removed, "the|final|countdown")]
    [TestCase(SplitBehavior.Isolated, "the|-|final|-|-|countdown")]
    [TestCase(SplitBehavior.MergedWithPrevious, "the-|final-|-|countdown")]
    [TestCase(SplitBehavior.MergedWithNext, "the|-final|-|-countdown")]
    [TestCase(SplitBehavior.Contiguous, "the|-|final|--|countdown")]
    public void Cuts_as_the_documentation_of_the_original_says(object behavior, string expected)
    {
        const string text = "the-final--countdown";
        var pieces = Splitter.Split(Pattern.Literal("-").Matches(text), text.Length, (SplitBehavior)behavior, invert: false);
        Assert.That(string.Join('|', pieces.Select(p => text[p.Start..p.End])), Is.EqualTo(expected));
    }

    private static void Compare(string path, string[] texts)
    {
        var expected = HuggingFaceReference.Encode(path, texts);
        var tokenizer = TokenizerReader.Load(path);
        Assert.Multiple(() =>
        {
            for (var i = 0; i < texts.Length; i++)
            {
                var why = $"seed {Seed}, text {i}: {Show(texts[i])}";
                Assert.That(tokenizer.Encode(texts[i]), Is.EqualTo(expected.Ids[i]), why);
                Assert.That(tokenizer.Encode(texts[i], addSpecial: true), Is.EqualTo(expected.Special[i]), why);
                Assert.That(tokenizer.Decode(expected.Ids[i]), Is.EqualTo(expected.Decoded[i]), why);
            }
        });
    }

    private static string Show(string text) => System.Text.Json.JsonSerializer.Serialize(text);
}
