using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Tests.Tokens;

public sealed class RoundTripTests
{
    private const int Seed = 4711;

    [TestCase("tokenizers/gpt2")]
    [TestCase("tokenizers/llama3")]
    [TestCase("models/minimind2-small-hf-f16")]
    [Category("Slow")]
    public void Byte_level_ids_decode_to_the_text(string name)
    {
        var tokenizer = TokenizerReader.Load(Shared.File(name));
        Assert.Multiple(() =>
        {
            foreach (var text in Samples.Texts.Concat(Samples.Random(Seed, 1000)))
                Assert.That(tokenizer.Decode(tokenizer.Encode(text)), Is.EqualTo(text), $"seed {Seed}");
        });
    }

    [TestCase("tokenizers/llama2")]
    [TestCase("tokenizers/mistral-v0.1")]
    public void SentencePiece_ids_decode_to_the_text_where_it_holds_no_token_written_out(string name)
    {
        var tokenizer = TokenizerReader.Load(Shared.File(name));
        var lossless = Samples.Texts.Concat(Samples.Random(Seed, 1000)).Where(t => !t.Contains('▁') && !t.Contains('<'));
        Assert.Multiple(() =>
        {
            foreach (var text in lossless)
                Assert.That(tokenizer.Decode(tokenizer.Encode(text)), Is.EqualTo(text), $"seed {Seed}");
        });
    }

    [Test]
    public void A_lone_surrogate_counts_as_the_replacement_character()
    {
        var tokenizer = TokenizerReader.Load(Shared.File("models/minimind2-small-hf-f16"));
        Assert.That(tokenizer.Encode("a\uD83Db\uDE00"), Is.EqualTo(tokenizer.Encode("a\uFFFDb\uFFFD")));
    }

    [TestCase(-1)]
    [TestCase(6400)]
    public void An_id_outside_the_vocabulary_is_refused(int id)
    {
        var tokenizer = TokenizerReader.Load(Shared.File("models/minimind2-small-hf-f16"));
        Assert.That(tokenizer.VocabSize, Is.EqualTo(6400));
        Assert.That(() => tokenizer.Decode([id]), Throws.InstanceOf<BadInputException>());
    }

    [Test]
    public void An_id_has_a_text_exactly_where_it_can_be_decoded([ValueSource(nameof(Made))] string name)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["tokenizer.json"], SyntheticTokenizers.All[name]);
        var tokenizer = TokenizerReader.Load(folder.Path);
        for (var id = -1; id <= tokenizer.VocabSize + 1; id++)
            Assert.That(() => tokenizer.Decode([id]), tokenizer.Has(id) ? Throws.Nothing : Throws.InstanceOf<BadInputException>(), $"id {id}");
        Assert.That(Enumerable.Range(0, tokenizer.VocabSize).Count(tokenizer.Has), Is.GreaterThan(10));
    }

    private static IEnumerable<string> Made => SyntheticTokenizers.All.Keys;

    [TestCase("tokenizers/gpt2", 50256)]
    [TestCase("tokenizers/llama2", 1)]
    [TestCase("tokenizers/llama3", 128000)]
    [TestCase("tokenizers/qwen2.5", null)]
    [Category("Slow")]
    public void The_first_id_of_a_document_is_known(string name, int? bos) =>
        Assert.That(TokenizerReader.Load(Shared.File(name)).BosTokenId, Is.EqualTo(bos));
}
