using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Methods.SelfPruner;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Methods.Tests.SelfPruner;

public sealed class RateTokensTests
{
    [Test]
    public void Whatever_is_drawn_under_the_mask_is_a_valid_list([Range(0, 49)] int seed)
    {
        using var folder = new TemporaryFolder();
        RateTokenizer.Write(folder.Path);
        var tokenizer = TokenizerReader.Load(folder.Path);
        var random = new Random(seed);
        var grammar = new RateGrammar(random.Next(1, 9));
        Require(tokenizer, grammar, random);
    }

    [TestCase("models/stories15M-hf-f16", 12)]
    [TestCase("models/minimind2-small-hf-f16", 12)]
    [Category("Slow")]
    public void Tokenizers_of_real_models_write_lists_too(string model, int draws)
    {
        var tokenizer = TokenizerReader.Load(Shared.File(model));
        var random = new Random(draws);
        for (var draw = 0; draw < draws; draw++)
            Require(tokenizer, new RateGrammar(draw + 1), random);
    }

    [Test]
    public void The_mask_offers_every_token_that_fits_and_no_other()
    {
        using var folder = new TemporaryFolder();
        RateTokenizer.Write(folder.Path);
        var tokenizer = TokenizerReader.Load(folder.Path);
        var grammar = new RateGrammar(3);
        var tokens = new RateTokens(tokenizer, RateTokenizer.Count, grammar);
        string[] Offered(string before) =>
            [.. tokens.Allowed(grammar.Next(default, before)!.Value).Select(id => tokenizer.Decode([id])).Order(StringComparer.Ordinal)];
        Assert.That(Offered(""), Is.EqualTo(new[] { "[", "[4" }));
        Assert.That(Offered("[4"), Is.EqualTo(new[] { ",", ", ", ", 5", "0", "0, 0, 0", "1", "2", "3", "4", "5", "5, ", "6", "7", "7, 8, 9]", "8", "9" }));
        Assert.That(Offered("[0, 0, 5"), Is.EqualTo(new[] { "0", "0]", "1", "2", "3", "4", "5", "6", "7", "8", "9", "]" }));
        Assert.That(Offered("[0, 0, 55]"), Is.Empty);
        Assert.That(Offered("["), Does.Contain("7, 8, 9]").And.Not.Contain("50, 50, 50, 50]"), "a whole list at once, if it is as long as it must be");
    }

    [Test]
    public void Ids_beyond_the_logits_are_never_offered()
    {
        using var folder = new TemporaryFolder();
        RateTokenizer.Write(folder.Path);
        var vocab = RateTokenizer.Count - RateTokenizer.Longer.Length;
        var tokens = new RateTokens(TokenizerReader.Load(folder.Path), vocab, new RateGrammar(2));
        Assert.That(tokens.Allowed(default), Has.Length.EqualTo(1).And.All.LessThan(vocab));
    }

    [TestCase('7'), TestCase(','), TestCase(']')]
    public void A_tokenizer_that_cannot_finish_a_list_is_refused(char without)
    {
        using var folder = new TemporaryFolder();
        RateTokenizer.Write(folder.Path, without);
        Assert.That(() => new RateTokens(TokenizerReader.Load(folder.Path), RateTokenizer.Count, new RateGrammar(2)),
            Throws.TypeOf<BadInputException>().With.Message.Contains($"'{without}'"));
    }

    private static void Require(Tokenizer tokenizer, RateGrammar grammar, Random random)
    {
        var tokens = new RateTokens(tokenizer, tokenizer.VocabSize, grammar);
        var (state, ids) = (default(RateState), new List<int>());
        while (state.Place != RatePlace.End)
        {
            var allowed = tokens.Allowed(state);
            Assert.That(allowed, Is.Not.Empty, $"dead end after {tokenizer.Decode([.. ids])}");
            ids.Add(allowed[random.Next(allowed.Length)]);
            state = tokens.Next(state, ids[^1]);
        }

        // Behind the anchor that the texts were taken from, decoded as one: what a reader of the model's answer sees.
        var anchor = tokenizer.Encode("[")[^1];
        var text = tokenizer.Decode([anchor, .. ids])[tokenizer.Decode([anchor]).Length..];
        Assert.That(grammar.Read(text), Has.Length.EqualTo(grammar.Layers), text);
    }
}
