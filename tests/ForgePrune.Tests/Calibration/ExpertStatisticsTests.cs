using ForgePrune.Calibration;
using ForgePrune.Errors;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Testing;
using ForgePrune.Testing.Reference;

namespace ForgePrune.Tests.Calibration;

/// <summary>What calibration says of experts, against a float64 forward pass that takes them one by one.</summary>
public sealed class ExpertStatisticsTests
{
    private const int Seed = 51;

    /// <summary>Sums of 36 norms of outputs of 12 terms, in float32: some ten epsilons of 6e-8; the second layer reads a stream that float32 made.</summary>
    private const double Tolerance = 1e-5;

    [TestCase(true)]
    [TestCase(false)]
    public void Counts_and_saliencies_are_those_of_a_plain_forward(bool normalized)
    {
        var config = SyntheticExperts.Qwen(normalized);
        using var run = new SyntheticCalibration(Seed, config);
        var x = run.Embedded();
        for (var layer = 0; layer < config.Layers.Count; layer++)
        {
            var weights = run.Model.ReadLayer(layer);
            x = run.Runner.Attention(weights.Attention!, weights.AttentionNorm, x).Output;
            var (tokens, routed, sums) = Plain(config, layer, run.Model, ReferenceModel.Wide(x.Values));
            var found = run.Grams.Experts(layer, routed.Length);
            Assert.That(found.Tokens, Is.EqualTo(tokens));
            Assert.That(found.Routed, Is.EqualTo(routed), $"seed {Seed}, layer {layer}");
            for (var expert = 0; expert < routed.Length; expert++)
                Assert.That(found.Sums[expert], Is.EqualTo(sums[expert]).Within(Tolerance * sums.Max()), $"seed {Seed}, layer {layer}, expert {expert}");
            x = run.Runner.Mlp(weights.Mlp!, weights.MlpNorm, x).Output;
        }
    }

    [Test]
    public void The_least_salient_experts_leave_first_and_losses_add_up()
    {
        // Saliencies 4, 0, 1, 2: the second expert was never passed.
        var text = new ExpertStatistics(10, [2, 0, 8, 5], [8, 0, 8, 10]);
        var kind = new MlpKind { ExpertWidth = 3, PerToken = 2 };
        var levels = ExpertLevels.Of(text, kind);
        Assert.That(levels.Order.Removal, Is.EqualTo(new[] { 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2 }));
        Assert.That(levels.Order.Kept(6), Is.EqualTo(new[] { 0, 1, 2, 9, 10, 11 }));
        double[] expected = [0, 0, 0.8, 1.8, 2.6];
        Assert.That(Enumerable.Range(0, 5).Select(gone => levels.Losses[12 - (3 * gone)]), Is.EqualTo(expected).Within(1e-12));
        Assert.That(levels.Losses, Is.Ordered.Descending);
        var (experts, width) = ExpertLevels.Among([0, 2, 9, 11], kind);
        Assert.That(experts, Is.EqualTo(new[] { 0, 3 }));
        Assert.That(width, Is.EqualTo(2));
        Assert.That(() => ExpertLevels.Among([0, 1, 3], kind), Throws.ArgumentException);
    }

    [Test]
    public void Texts_add_up_and_files_of_others_are_refused()
    {
        var config = SyntheticExperts.Mixtral();
        using var run = new SyntheticCalibration(Seed, config);
        var twice = GramFolder.Merge(config, run.Grams, run.Grams, Directory.CreateDirectory(run.Folder("twice")).FullName);
        var (once, both) = (run.Grams.Experts(1, 6), twice.Experts(1, 6));
        Assert.That((both.Tokens, both.Routed[3], both.Sums[3]), Is.EqualTo((2 * once.Tokens, 2 * once.Routed[3], 2 * once.Sums[3])));
        Assert.That(() => run.Grams.Experts(1, 5), Throws.TypeOf<BadInputException>().With.Message.Contains("describes 6 experts where the model has 5"));
        Assert.That(() => ExpertStatistics.Merge(once, new ExpertStatistics(5)), Throws.ArgumentException);
        // Calibrating again finds everything there.
        var calls = run.Runner.Calls;
        run.Calibrate();
        Assert.That(run.Runner.Calls, Is.EqualTo(calls));
    }

    [Test]
    public void Experts_that_saw_little_text_are_named()
    {
        var config = SyntheticExperts.Mixtral();
        using var run = new SyntheticCalibration(Seed, config);
        Assert.That(RarelyPassed.Note(config, run.Grams), Does.StartWith("12 experts saw fewer than 100 tokens of the text").And.Contains("layer ")
            .And.Contains("fewer tokens passed than it has channels (12) is fitted to tokens, too, that the router would send it next"));
        Assert.That(RarelyPassed.Note(SyntheticModels.Config(), run.Grams), Is.Null);
    }

    [Test]
    public void Levels_keep_whole_experts_with_their_weights_and_rows_of_the_router()
    {
        var config = SyntheticExperts.Mixtral();
        using var run = new SyntheticCalibration(Seed, config);
        var levels = run.Levels();
        var source = LevelSource.Refitting(run.Model, levels, run.Grams, 1 << 24, new CpuDevice(1));
        const int kept = 4 * SyntheticExperts.Width;
        var (dense, small, channels) = (run.Model.ReadLayer(0).Mlp!, source.Mlp(0, new LayerShape(2, 4, kept))!, levels.Channels(0, kept));
        Assert.That((small.Router!.Rows, small.Kind), Is.EqualTo((4, dense.Kind)));
        foreach (var (expert, place) in ExpertLevels.Among(channels, dense.Kind).Experts.Select((expert, place) => (expert, place)))
        {
            Assert.That(small.Router.Row(place).ToArray(), Is.EqualTo(dense.Router!.Row(expert).ToArray()));
            Assert.That(ExpertWeights.Columns(small.Down, place, SyntheticExperts.Width)!.Values,
                Is.EqualTo(ExpertWeights.Columns(dense.Down, expert, SyntheticExperts.Width)!.Values));
        }
    }

    private static (long Tokens, long[] Routed, double[] Sums) Plain(ModelConfig config, int layer, IDecoderModel model, double[] x)
    {
        var (blocks, hidden) = (ReferenceModel.Blocks(config), config.HiddenSize);
        var tensors = ModelTensors.Read(model).Where(tensor => tensor.Spec.Layer == layer)
            .ToDictionary(tensor => ReferenceModel.NameOf(config, tensor.Spec)[$"layers.{layer}.".Length..], tensor => ReferenceModel.Wide(tensor.Values));
        var shares = blocks.Shares(x, config.Mlp[layer].PerToken, config.Mlp[layer].Normalized, tensors.GetValueOrDefault);
        var n = blocks.Norm(x, tensors["post_attention_layernorm.weight"]);
        var rows = x.Length / hidden;
        var experts = shares.Length / rows;
        var (routed, sums) = (new long[experts], new double[experts]);
        for (var expert = 0; expert < experts; expert++)
        {
            double[] Of(double[] from, string name) =>
                ReferenceBlocks.Linear(from, from.Length / rows, tensors[$"mlp.experts.{expert}.{name}_proj.weight"], null);
            var output = Of([.. Of(n, "gate").Zip(Of(n, "up"), (gate, up) => gate / (1 + Math.Exp(-gate)) * up)], "down");
            for (var row = 0; row < rows; row++)
            {
                var share = shares[(row * experts) + expert];
                routed[expert] += share > 0 ? 1 : 0;
                sums[expert] += share * Math.Sqrt(output[(row * hidden)..((row + 1) * hidden)].Sum(value => value * value));
            }
        }

        return (rows, routed, sums);
    }
}
