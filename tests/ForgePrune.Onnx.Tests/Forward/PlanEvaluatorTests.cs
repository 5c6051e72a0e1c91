using ForgePrune.Errors;
using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Onnx.Forward;
using ForgePrune.Search;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Tests.Forward;

public sealed class PlanEvaluatorTests
{
    private const int Seed = 20262;

    /// <summary>Both ways run the same float32 blocks; a different batch may sum a product in another order, which moves logits of scale 5 by some
    /// 1e-6 and the divergence, of order 0.1 to 1 here, by no more.</summary>
    private const double Tolerance = 1e-5;

    private static readonly ModelConfig Config = SyntheticModels.Config(layers: 3, kvHeads: 2, queryHeads: 4, ffn: 48, vocab: 300);

    /// <summary>Plans that share prefixes, repeat, remove blocks, and the dense one.</summary>
    private static readonly Plan[] Plans =
    [
        Make((2, 4, 48), (2, 4, 48), (2, 4, 20)),
        Make((2, 4, 48), (1, 2, 48), (2, 4, 20)),
        Make((2, 4, 48), (1, 2, 48), (2, 2, 48)),
        Make((0, 0, 48), (1, 1, 0), (1, 2, 7)),
        Make((2, 4, 48), (2, 4, 48), (2, 4, 48)),
        Make((1, 2, 1), (0, 0, 0), (2, 2, 48)),
        Make((2, 4, 48), (1, 2, 48), (2, 4, 20)),
    ];

    [TestCase(1, 1L << 30)]
    [TestCase(4, 1L << 30)]
    [TestCase(1, 200_000L)]
    [Category("Slow")]
    public void Joint_evaluation_equals_that_of_each_compacted_model(int stride, long memory)
    {
        using var dense = SyntheticModels.Random(Config, Seed);
        using var runner = new OrtBlockRunner(Config, threads: 2);
        var levels = new PrefixLevels(dense);
        var windows = Windows(count: 5, length: 18);
        var evaluator = new PlanEvaluator(dense, runner, levels, new PlanEvaluatorOptions(stride, memory));
        var kl = evaluator.Kl(Plans, windows);
        for (var plan = 0; plan < Plans.Length; plan++)
        {
            using var compact = levels.Compact(Plans[plan].Layers);
            Assert.That(kl[plan], Is.EqualTo(Separate(compact, dense, windows, stride)).Within(Tolerance), $"plan {plan}, seed {Seed}");
        }
        Assert.That(kl[4], Is.All.Zero, "the dense plan");
        Assert.That(evaluator.Kl(Plans, windows), Is.EqualTo(kl), "a second call, with remembered predictions, gives the same bits");
    }

    [Test]
    public void A_level_that_many_plans_share_is_made_once()
    {
        using var dense = SyntheticModels.Random(Config, Seed);
        using var runner = new OrtBlockRunner(Config, threads: 1);
        var levels = new PrefixLevels(dense);
        new PlanEvaluator(dense, runner, levels).Kl(Plans, Windows(count: 2, length: 6));
        // Attention below dense: layer 0 (1,2); layer 1 (1,2) (1,1); layer 2 (2,2) (1,2). MLP: layer 0 1; layer 2 20 7. Removed blocks need none.
        Assert.That(levels.Made, Is.EqualTo(8));
    }

    [Test]
    public void Windows_of_two_tokens_and_no_windows_are_measured_too()
    {
        using var dense = SyntheticModels.Random(Config, Seed);
        using var runner = new OrtBlockRunner(Config, threads: 1);
        var evaluator = new PlanEvaluator(dense, runner, new PrefixLevels(dense), new PlanEvaluatorOptions(PositionStride: 4));
        Assert.That(evaluator.Kl(Plans[..1], Windows(count: 1, length: 2))[0], Has.Length.EqualTo(1).And.All.GreaterThan(0));
        Assert.That(evaluator.Kl(Plans[..1], new TokenWindows(2, []))[0], Is.Empty);
        Assert.That(evaluator.Kl([], Windows(count: 1, length: 2)), Is.Empty);
    }

    [Test]
    public void A_budget_below_one_window_is_refused_with_the_need()
    {
        using var dense = SyntheticModels.Random(Config, Seed);
        using var runner = new OrtBlockRunner(Config, threads: 1);
        var evaluator = new PlanEvaluator(dense, runner, new PrefixLevels(dense), new PlanEvaluatorOptions(MemoryBytes: 1000));
        Assert.That(() => evaluator.Kl(Plans, Windows(1, 18)), Throws.TypeOf<BadInputException>().With.Message.Contains("memory budget"));
    }

    [Test]
    public void A_token_outside_the_vocabulary_is_named()
    {
        using var dense = SyntheticModels.Random(Config, Seed);
        using var runner = new OrtBlockRunner(Config, threads: 1);
        var evaluator = new PlanEvaluator(dense, runner, new PrefixLevels(dense));
        Assert.That(() => evaluator.Kl(Plans, new TokenWindows(2, [0, 300])), Throws.TypeOf<BadInputException>().With.Message.Contains("token id 300"));
    }

    /// <summary>KL per window from the logits of two whole models, in float64.</summary>
    private static double[] Separate(IDecoderModel pruned, IDecoderModel dense, TokenWindows windows, int stride)
    {
        var rows = Enumerable.Range(0, windows.Count * windows.Length)
            .Where(row => row % windows.Length < windows.Length - 1 && row % windows.Length % stride == 0).ToArray();
        var kl = Logits(dense, windows, rows).Zip(Logits(pruned, windows, rows), Divergence).ToArray();
        return [.. kl.Chunk(kl.Length / windows.Count).Select(window => window.Average())];
    }

    private static IEnumerable<float[]> Logits(IDecoderModel model, TokenWindows windows, int[] rows)
    {
        using var runner = new PlainBlockRunner(model.Config);
        return runner.Logits(model.ReadFinalNorm(), model.ReadHead(), DecoderForward.Run(model, runner, windows), rows).Chunk(model.Config.VocabSize);
    }

    private static double Divergence(float[] dense, float[] pruned)
    {
        double LogSum(float[] z) => Math.Log(z.Sum(value => Math.Exp(value)));
        var (d, p) = (LogSum(dense), LogSum(pruned));
        return dense.Zip(pruned, (a, b) => Math.Exp(a - d) * (a - d - b + p)).Sum();
    }

    private static TokenWindows Windows(int count, int length)
    {
        var random = new Random(Seed);
        return new TokenWindows(length, [.. Enumerable.Range(0, count * length).Select(_ => random.Next(Config.VocabSize))]);
    }

    private static Plan Make(params (int Kv, int Queries, int Ffn)[] layers) =>
        new([.. layers.Select(layer => new LayerShape(layer.Kv, layer.Queries, layer.Ffn))]);
}
