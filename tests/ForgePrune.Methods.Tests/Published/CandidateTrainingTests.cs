using ForgePrune.IO;
using ForgePrune.Levels;
using ForgePrune.Methods.DarwinLM;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Search;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Methods.Tests.Published;

public sealed class CandidateTrainingTests
{
    private const int Window = 8, Seed = 5, Tokens = 320;

    private static readonly Plan Small = new([new(1, 2, 16), new(2, 4, 0)]);

    private static readonly Plan Other = new([new(2, 2, 32), new(0, 0, 24)]);

    private InMemoryModel dense = null!;
    private LevelSource levels = null!;
    private TokenWindows text = null!, judged = null!;

    [SetUp]
    public void Make()
    {
        TestContext.Out.WriteLine($"seed {Seed}");
        var config = SyntheticModels.Config(hidden: 16, headDim: 8, kvHeads: 2, queryHeads: 4, ffn: 48, vocab: 24);
        dense = SyntheticModels.Random(config, Seed);
        var random = new Random(Seed);
        levels = LevelSource.Gathering(dense, new LayerKeptSets([.. config.Layers.Select(_ =>
            ((HeadSets?)ScoreLevels.Heads(Scores(2), Scores(4)), (ChannelOrder?)ScoreLevels.Channels(Scores(48))))]), 1 << 24);
        (text, judged) = (Windows(12), Windows(3));

        double[] Scores(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble())];
        TokenWindows Windows(int count) => new(Window, [.. Enumerable.Range(0, count * Window).Select(_ => random.Next(24))]);
    }

    [TearDown]
    public void Dispose() => dense.Dispose();

    [Test]
    public void Later_stages_train_more_in_the_authors_proportions()
    {
        var training = Training(Tokens);
        Assert.That(new[] { 3, 2, 1, 0 }.Select(remaining => training.Options(remaining).Tokens), Is.EqualTo(new[] { 16, 80, 160, 320 }));
        Assert.That(training.Name, Is.EqualTo("kl, 16/80/160/320 tokens by stage"));
        Assert.That(Training(1).Name, Is.EqualTo("kl, 8/8/8/8 tokens by stage"), "no less than a window");
    }

    [Test]
    public void A_candidate_is_the_compacted_model_after_a_recovery()
    {
        var training = Training(Tokens);
        var start = new OptimizerState(new DecoderParameters(CompactModel.Build(dense, Small, levels)));
        var trainer = new RecoveryTrainer(
            start, new DecoderParameters(dense), text, training.Options(1), SourceHash.Of("by hand"), threads: 1);
        while (trainer.Done < trainer.Steps)
            trainer.Next();
        using var trained = trainer.Model;
        var found = Measured(training, 1, Small)[0];
        Assert.That(found, Is.EqualTo(Enumerable.Range(0, judged.Count).Select(window => trainer.Measure(judged.Window(window)))), "the same steps");

        // The other way to measure: every block by its formula in float64. Float32 logits near one, a few dozen sums deep.
        var expected = ForgePrune.Evaluation.ModelEvaluation.Run(trained, new PlainBlockRunner(dense.Config), judged, dense);
        Assert.That(found.Average(), Is.EqualTo(expected.Kl!.Value).Within(1e-5));
    }

    [Test]
    public void Training_brings_candidates_nearer_on_the_text_they_see_and_every_stage_begins_anew()
    {
        var (little, much) = (Training(1), Training(Tokens * 20));
        var scores = new WindowScores(new Never(), text);
        double Kl(CandidateTraining training, int remaining) => training.Trained([Small], remaining, scores).Measure([Small], 0, text.Count)[0].Average();
        Assert.That(Kl(much, 0), Is.LessThan(0.9 * Kl(little, 0)));
        var first = Kl(much, 1);
        Assert.That(Kl(much, 1), Is.EqualTo(first), "what was trained before leaves nothing behind");
    }

    [Test]
    public void Neither_threads_nor_company_change_a_bit()
    {
        var alone = Measured(Training(Tokens), 0, Small)[0];
        Assert.That(Measured(Training(Tokens, threads: 3), 0, Other, Small)[1], Is.EqualTo(alone));
    }

    [Test]
    public void A_stop_is_heard_between_steps() =>
        Assert.That(() => Measured(Training(Tokens, stop: new CancellationToken(canceled: true)), 0, Small), Throws.InstanceOf<OperationCanceledException>());

    private CandidateTraining Training(int tokens, int threads = 1, CancellationToken stop = default) => new(dense, levels, text, tokens, Seed, threads, stop);

    private double[][] Measured(CandidateTraining training, int remaining, params Plan[] plans) =>
        training.Trained(plans, remaining, new WindowScores(new Never(), judged)).Measure(plans, 0, judged.Count);

    private sealed class Never : IPlanEvaluator
    {
        public double[][] Kl(IReadOnlyList<Plan> plans, TokenWindows windows, IProgress<double>? progress = null) =>
            throw new AssertionException("an untrained candidate was measured");
    }
}
