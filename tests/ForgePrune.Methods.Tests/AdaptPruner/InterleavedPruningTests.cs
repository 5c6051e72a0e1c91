using ForgePrune.Evaluation;
using ForgePrune.Methods.AdaptPruner;
using ForgePrune.Model;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Methods.Tests.AdaptPruner;

public sealed class InterleavedPruningTests
{
    private const int Window = 8, Seed = 3, Vocab = 24, Stages = 4;

    private static readonly RecoveryOptions Training = new() { Tokens = 640, TokensPerStep = 16, TokensAtOnce = 16, Rate = 3e-3, Seed = Seed };

    private static readonly InterleavedOptions Options = new(Stages, Training, Seed, CutTokens: 16);

    private InMemoryModel dense = null!;
    private TokenWindows text = null!, heldOut = null!;

    [SetUp]
    public void Make()
    {
        TestContext.Out.WriteLine($"seed {Seed}");
        dense = SyntheticModels.Random(SyntheticModels.Config(layers: 3, hidden: 16, headDim: 8, kvHeads: 2, queryHeads: 4, ffn: 32, vocab: Vocab), Seed);
        var random = new Random(Seed);
        TokenWindows Windows(int count) => new(Window, [.. Enumerable.Range(0, count * Window).Select(_ => random.Next(Vocab))]);
        (text, heldOut) = (Windows(10), Windows(4));
    }

    [TearDown]
    public void Dispose() => dense.Dispose();

    [TestCase(1, 10, new[] { 10 })]
    [TestCase(4, 100, new[] { 10, 30, 60, 100 })]
    [TestCase(3, 1, new[] { 0, 0, 1 })]
    public void Later_stages_train_longer(int stages, int steps, int[] expected) =>
        Assert.That(Enumerable.Range(1, stages).Select(stage => new InterleavedOptions(stages, Training, 0).StepsUntil(stage, steps)), Is.EqualTo(expected));

    [TestCase(0.5, 10)]
    [TestCase(0.05, 1)]
    [TestCase(0.01, 1)]
    [TestCase(0.99, 20)]
    public void About_a_twentieth_goes_in_each_stage(double removed, int stages) => Assert.That(InterleavedOptions.UsualStages(removed), Is.EqualTo(stages));

    [Test]
    public void Every_stage_keeps_its_budget_and_trains_its_part()
    {
        using var folder = new TemporaryFolder();
        var space = Space(0.5);
        var result = Run(folder.Path, space);
        Assert.That(result.Stages, Has.Count.EqualTo(Stages));
        var whole = space.Cost.Of(space.Space.Dense);
        for (var stage = 1; stage <= Stages; stage++)
        {
            var found = result.Stages[stage - 1];
            var budget = whole - ((whole - space.Budget) * stage / Stages);
            Assert.That(found.Cost, Is.LessThanOrEqualTo(budget));
            Assert.That(found.Cost, Is.EqualTo(space.Cost.Of(new Plan(found.Layers))));
            // Less than the largest step that levels leave: a head of every kind with one query, 4 · 16 · 8 weights.
            Assert.That(found.Cost, Is.GreaterThan(budget - (4 * 16 * 8)), "all of it that levels allow");
            Assert.That(found.Tokens, Is.EqualTo(16 * (Options.StepsUntil(stage, 40) - Options.StepsUntil(stage - 1, 40))));
        }

        Assert.That(result.Stages.Sum(stage => stage.Tokens), Is.EqualTo(Training.Tokens));
        Assert.That(result.Trained.Layout.Config.Layers, Is.EqualTo(result.Stages[^1].Layers));
        Assert.That(result.Before.Layout.Config.Layers, Is.EqualTo(result.Stages[^2].Layers));
    }

    [Test]
    public void The_last_cut_is_a_gather_of_the_model_before_it_and_training_brings_it_nearer()
    {
        using var folder = new TemporaryFolder();
        var result = Run(folder.Path, Space(0.5));
        var last = result.Stages[^1];
        var cut = new DecoderParameters(new ParameterGather(result.Before.Layout, last.Layers, result.Sets), result.Before.Values);
        Assert.That(Judge(cut.ToModel()), Is.EqualTo(last.Cut));
        Assert.That(Judge(result.Trained.ToModel()), Is.EqualTo(last.Trained));
        var untrained = Run(folder["cuts"], Space(0.5), Options with { Training = null });
        Assert.That(last.Trained!.Kl, Is.LessThan(untrained.Stages[^1].Cut.Kl), "cuts alone are worse");
        Assert.That(untrained.Stages.Select(stage => (stage.Trained, stage.Tokens)), Is.EqualTo(untrained.Stages.Select(stage => (stage.Cut, 0L))));
    }

    [Test]
    public void One_stage_cuts_once_and_trains_all()
    {
        using var folder = new TemporaryFolder();
        var result = Run(folder.Path, Space(0.5), Options with { Stages = 1 });
        Assert.That(result.Stages.Single().Tokens, Is.EqualTo(Training.Tokens));
        Assert.That(result.Before.Values, Is.EqualTo(new DecoderParameters(dense).Values), "from the dense model");
    }

    // In the first cut, at its end, inside trainings and cuts of later stages, in the last step.
    [Test]
    [Category("Slow")]
    public void Broken_off_anywhere_it_goes_on_and_ends_with_the_same_bytes([Values(1, 3, 8, 14, 20, 27, 33, 40)] int reports)
    {
        using var folder = new TemporaryFolder();
        var whole = Run(folder["whole"], Space(0.5));
        using var stop = new CancellationTokenSource();
        Assert.That(() => Run(folder["broken"], Space(0.5), progress: new StopAfter(reports, stop), stop: stop.Token),
            Throws.InstanceOf<OperationCanceledException>());
        var resumed = Run(folder["broken"], Space(0.5));
        Assert.That(resumed.Trained.Values, Is.EqualTo(whole.Trained.Values));
        Assert.That(resumed.Before.Values, Is.EqualTo(whole.Before.Values));
        Assert.That(resumed.Stages.Select(Text), Is.EqualTo(whole.Stages.Select(Text)));
        Assert.That(Run(folder["broken"], Space(0.5)).Trained.Values, Is.EqualTo(whole.Trained.Values), "and what is done is read");
    }

    [Test]
    [Category("Slow")]
    public void The_same_seed_gives_the_same_bytes_and_another_looks_at_other_text()
    {
        using var folder = new TemporaryFolder();
        var first = Run(folder["1"], Space(0.5));
        Assert.That(Run(folder["2"], Space(0.5), threads: 3).Trained.Values, Is.EqualTo(first.Trained.Values), "whatever the threads");
        var other = Run(folder["3"], Space(0.5), Options with { Seed = Seed + 1 });
        Assert.That(other.Stages.SelectMany(stage => stage.Importance), Is.Not.EqualTo(first.Stages.SelectMany(stage => stage.Importance)));
    }

    private InterleavedResult Run(
        string folder, BudgetedSpace space, InterleavedOptions? options = null, int threads = 1, IProgress<InterleavedProgress>? progress = null,
        CancellationToken stop = default)
    {
        var state = new InterleavedFolder(folder, "a test");
        return new InterleavedPruning(dense, space, new PlainBlockRunner(dense.Config), text, options ?? Options, Judge, state, threads).Run(progress, stop);
    }

    private Quality Judge(IDecoderModel model)
    {
        var result = ModelEvaluation.Run(model, new PlainBlockRunner(dense.Config), heldOut, dense);
        return new Quality(result.Kl!.Value, result.Perplexity);
    }

    private BudgetedSpace Space(double share)
    {
        var cost = new PrunableCost(dense.Config);
        return new(SearchSpace.For(dense.Config, SearchSpaceOptions.Fifths(4), cost), cost, share * cost.Of(new Plan(dense.Config.Layers)));
    }

    private static string Text(InterleavedStage stage) => System.Text.Json.JsonSerializer.Serialize(stage);

    private sealed class StopAfter(int reports, CancellationTokenSource stop) : IProgress<InterleavedProgress>
    {
        private int heard;

        public void Report(InterleavedProgress value)
        {
            if (++heard == reports)
                stop.Cancel();
        }
    }
}
