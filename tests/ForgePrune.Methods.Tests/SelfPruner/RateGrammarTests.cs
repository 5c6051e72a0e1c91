using ForgePrune.Methods.SelfPruner;

namespace ForgePrune.Methods.Tests.SelfPruner;

public sealed class RateGrammarTests
{
    [TestCase("[40, 45, 50]", new[] { 0.40, 0.45, 0.50 })]
    [TestCase("[0,9,99]", new[] { 0, 0.09, 0.99 })]
    public void A_list_is_read(string text, double[] rates) => Assert.That(new RateGrammar(3).Read(text), Is.EqualTo(rates));

    [TestCase(""), TestCase("["), TestCase("[]"), TestCase("40, 45, 50"), TestCase("[40, 45]"), TestCase("[40, 45, 50, 55]"), TestCase("[40, 45, 50")]
    [TestCase("[40, 45, 50]]"), TestCase("[40, 45, 50] "), TestCase(" [40, 45, 50]"), TestCase("[40 , 45, 50]"), TestCase("[40,  45, 50]"),
        TestCase("[ 40, 45, 50]")]
    [TestCase("[40, 45, 100]"), TestCase("[40, 45, 05]"), TestCase("[40, 45, 00]"), TestCase("[40, -5, 50]"), TestCase("[40, 4.5, 50]"), TestCase("[40, , 50]")]
    [TestCase("[40; 45; 50]"), TestCase("[a, b, c]"), TestCase("[४०, 45, 50]"), TestCase("[40, 45, 50,]"), TestCase("[1e1, 45, 50]")]
    public void Anything_else_is_refused(string text) => Assert.That(new RateGrammar(3).Read(text), Is.Null);

    [Test]
    public void What_is_written_is_read_back([Range(1, 12)] int layers)
    {
        var random = new Random(layers);
        double[] rates = [.. Enumerable.Range(0, layers).Select(_ => random.Next(0, 100) / 100.0)];
        Assert.That(new RateGrammar(layers).Read(RateGrammar.Write(rates)), Is.EqualTo(rates));
        Assert.That(RateGrammar.Write([1, 0.994, 0.005]), Is.EqualTo("[99, 99, 0]"), "a layer is never proposed to go whole; the budget may take it");
    }

    [Test]
    public void Walking_at_random_always_ends_in_a_valid_list([Range(0, 19)] int seed)
    {
        var random = new Random(seed);
        var grammar = new RateGrammar(random.Next(1, 9));
        var (state, text) = (default(RateState), "");
        while (state.Place != RatePlace.End)
        {
            var next = RateGrammar.Alphabet.Where(character => grammar.Next(state, character) is not null).ToArray();
            Assert.That(next, Is.Not.Empty, $"dead end after {text}");
            text += next[random.Next(next.Length)];
            state = grammar.Next(default, text)!.Value;
            Assert.That(text, Has.Length.LessThanOrEqualTo((4 * grammar.Layers) + 2));
        }

        Assert.That(grammar.Read(text), Has.Length.EqualTo(grammar.Layers));
    }

    [Test]
    public void Of_a_free_answer_only_lists_count()
    {
        var answer = RateAnswer.Read("Sure! Here you are:\n\n[10, 20]\r\n  [30,40]  \n[50]\n[60, 70]\n[80, 90]\n", layers: 2, count: 3);
        Assert.That(answer.Rates, Is.EqualTo(new double[][] { [0.1, 0.2], [0.3, 0.4], [0.6, 0.7] }), "the fourth list was not asked for");
        Assert.That(answer.Malformed, Is.EqualTo(2));
        Assert.That(answer.Fault, Does.Contain("Sure!"));
        Assert.That(RateAnswer.Read("", 2, 3), Has.Property("Malformed").Zero.And.Property("Rates").Empty.And.Property("Fault").Contain("empty"));
        Assert.That(RateAnswer.Read("[1, 2]", 2, 3).Fault, Does.Contain("1 lists where 3"));
        Assert.That(RateAnswer.Read("[1, 2]", 2, 1).Fault, Is.Null);
    }

    [Test]
    public void Foreign_text_is_shown_short_and_without_control_characters() =>
        Assert.That(RateAnswer.Printable("\e[31m" + new string('x', 500)), Has.Length.LessThan(100).And.StartWith("·[31m"));
}
