using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Methods.SelfPruner;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Tests.Proposals;

/// <summary>A model of random weights knows nothing at all, and still can only answer with valid lists.</summary>
public sealed class LocalProposerTests
{
    private const int Positions = 400;

    private TemporaryFolder folder = null!;
    private OnnxDecoder decoder = null!;
    private Tokenizer tokenizer = null!;

    [OneTimeSetUp]
    public void Make()
    {
        folder = new TemporaryFolder();
        RateTokenizer.Write(folder.Path);
        tokenizer = TokenizerReader.Load(folder.Path);
        // More ids than the tokenizer has, and a head of its own: with a tied one a model of random weights repeats its last token.
        var config = SyntheticModels.Config(vocab: RateTokenizer.Count + 20) with { TiedEmbeddings = false, MaxPositions = Positions };
        using var model = SyntheticModels.Random(config, seed: 5);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        decoder = OnnxDecoder.Open(folder["onnx"], threads: 1);
    }

    [OneTimeTearDown]
    public void Remove()
    {
        decoder.Dispose();
        folder.Dispose();
    }

    [Test]
    public void Every_answer_is_as_many_valid_lists_as_asked_for([Range(0, 2)] int kind, [Values(1, 3, 12)] int layers)
    {
        var answer = Proposer().Propose(Question((ProposalKind)kind, layers, seed: 3), default);
        Assert.That((answer.Malformed, answer.Failed, answer.Fault), Is.EqualTo((0, false, (string?)null)));
        Assert.That(answer.Rates, Has.Count.EqualTo(6).And.All.Length.EqualTo(layers));
        Assert.That(answer.Rates.SelectMany(list => list), Is.All.InRange(0, 0.99));
    }

    [Test]
    public void The_same_seed_gives_the_same_lists_and_another_seed_others()
    {
        var first = Proposer().Propose(Question(ProposalKind.Mutation, 6, seed: 3), default).Rates;
        Assert.That(Proposer().Propose(Question(ProposalKind.Mutation, 6, seed: 3), default).Rates, Is.EqualTo(first));
        Assert.That(Proposer().Propose(Question(ProposalKind.Mutation, 6, seed: 4), default).Rates, Is.Not.EqualTo(first));
        Assert.That(first.Select(list => string.Join(' ', list)).Distinct().Count(), Is.GreaterThan(1));
    }

    [Test]
    public void Few_positions_show_fewer_measured_lists_and_too_few_are_refused()
    {
        var question = Question(ProposalKind.Crossover, 4, seed: 1);
        var least = 18 + tokenizer.Encode(RatePrompt.Completion(question, 0)).Length;
        Assert.That(new LocalProposer(decoder, tokenizer, null, least).Propose(question, default).Rates, Has.Count.EqualTo(6));
        Assert.That(() => new LocalProposer(decoder, tokenizer, null, least - 1).Propose(question, default),
            Throws.TypeOf<BadInputException>().With.Message.Contains($"{least - 1} tokens"));
    }

    [Test]
    public void A_wish_to_stop_is_heard()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.That(() => Proposer().Propose(Question(ProposalKind.Start, 3, seed: 1), stop.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    private LocalProposer Proposer() => new(decoder, tokenizer, begin: 0, Positions);

    private static ProposalRequest Question(ProposalKind kind, int layers, ulong seed) => new(
        kind, 1, 6, layers, 0.5, kind == ProposalKind.Start ? [] : [.. Enumerable.Range(1, 4)
            .Select(i => new ScoredRates([.. Enumerable.Repeat(i / 8.0, layers)], i))], seed);
}
