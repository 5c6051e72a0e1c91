using ForgePrune.Checkpoints;
using ForgePrune.Forward;
using ForgePrune.Latency;
using ForgePrune.Timing;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Timing;
using ForgePrune.Refit;
using ForgePrune.Search.Costs;
using ForgePrune.Search;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Tests.Compaction;

/// <summary>Real models: what the compacted one says is what the masked original says.</summary>
public sealed class MaskedModelTests
{
    private const int Seed = 41, Plans = 10, Tokens = 24;

    // float32 sums in another order differ by about 1e-6 of the scale per block; a wrongly gathered row differs by 1e-2 and more.
    private const double Tolerance = 1e-4;

    [TestCase("models/stories260K/stories260K.bin")]
    [TestCase("models/stories15M-hf-f16")]
    [TestCase("models/minimind2-small-hf-f16")]
    [Category("Slow")]
    public void Ten_random_plans_give_the_same_logits_masked_and_compacted(string name)
    {
        using var dense = DecoderModel.Open(Shared.File(name));
        TestContext.Out.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        var sets = RandomSets(dense.Config);
        var source = LevelSource.Gathering(dense, sets, 1 << 28);
        var space = SearchSpace.For(dense.Config, SearchSpaceOptions.Fine(KeptWidths.Multiple), new PrunableCost(dense.Config));
        var window = new TokenWindows(Tokens, [.. Enumerable.Range(0, Tokens).Select(_ => random.Next(dense.Config.VocabSize))]);
        using var runner = new OrtBlockRunner(dense.Config, threads: 2);
        var whole = Logits(dense, runner, window);
        var worst = 0.0;
        for (var trial = 0; trial < Plans; trial++)
        {
            var indices = Enumerable.Range(0, space.Items).Select(item => random.Next(space.Levels(item))).ToArray();
            // The last level is the removed block; every plan removes one of each kind at least.
            foreach (var kind in (int[])[0, 1])
            {
                var item = 2 * random.Next(dense.Config.Layers.Count) + kind;
                indices[item] = space.Levels(item) - 1;
            }
            var plan = space.PlanOf(indices);
            Assert.That(plan.Layers.Any(layer => !layer.HasAttention) && plan.Layers.Any(layer => !layer.HasMlp), $"{plan}");
            using var compact = CompactModel.Build(dense, plan, source);
            var expected = Logits(MaskedModel.Build(dense, compact, sets), runner, window);
            var actual = Logits(compact, runner, window);
            var scale = expected.Max(Math.Abs);
            var difference = expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max() / scale;
            Assert.That(expected, Is.Not.EqualTo(whole), "the plan removes something");
            worst = Math.Max(worst, difference);
            Assert.That(difference, Is.LessThanOrEqualTo(Tolerance), $"plan {trial}: {string.Join(' ', plan.Layers)}");
        }

        TestContext.Out.WriteLine($"{name}: at most {worst:0.0e+0} of the logit scale");
    }

    private static float[] Logits(IDecoderModel model, OrtBlockRunner runner, TokenWindows window) =>
        runner.Logits(model.ReadFinalNorm(), model.ReadHead(), DecoderForward.Run(model, runner, window), [.. Enumerable.Range(0, window.Length)]);

    private static LayerKeptSets RandomSets(ModelConfig config) => new([.. config.Layers.Select(layer => (
        (HeadSets?)ScoreLevels.Heads(Scores(layer.KvHeads), Scores(layer.QueryHeads)), (ChannelOrder?)ScoreLevels.Channels(Scores(layer.Ffn))))]);

    private static double[] Scores(int count)
    {
        var random = new Random(Seed + count);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextDouble())];
    }
}
