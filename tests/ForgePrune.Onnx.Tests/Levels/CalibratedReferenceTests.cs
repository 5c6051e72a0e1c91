using System.Text.Json;
using ForgePrune.Calibration;
using ForgePrune.Checkpoints;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Methods.Baselines;
using ForgePrune.Model;
using ForgePrune.Onnx.Forward;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Levels;

/// <summary>What follows from the Grams, against an independent program that read the same tokens with the same model.</summary>
[TestFixture("stories15M", "models/stories15M-hf-f16")]
[TestFixture("minimind2-small", "models/minimind2-small-hf-f16")]
public sealed class CalibratedReferenceTests(string name, string checkpoint)
{
    /// <summary>The official sweep runs in float32 and parts with a float64 one at near ties; sums of its scores stay within 1e-5.
    /// Bound promised for every level: 0.1 %.</summary>
    private const double CurveTolerance = 1e-3;

    /// <summary>Relative. Both sides sum float32 activations that differ by rounding, and the reference's sums are float32 too.</summary>
    private const double ScoreTolerance = 1e-5;

    private TemporaryFolder work = null!;
    private CheckpointModel model = null!;
    private GramFolder grams = null!;

    [OneTimeSetUp]
    public void Calibrate()
    {
        model = DecoderModel.Open(Shared.File(checkpoint));
        work = new TemporaryFolder();
        var windows = ReferenceNumbers.Tokens(name, "calib", model.Config.VocabSize);
        using var runner = new OrtBlockRunner(model.Config, Environment.ProcessorCount);
        grams = new GramFolder(work["grams"], Calibrator.Source(model, windows));
        Calibrator.Run(model, runner, windows, grams.Path, device: new CpuDevice(2));
    }

    /// <summary>Either is missing where the set-up was skipped.</summary>
    [OneTimeTearDown]
    public void Remove()
    {
        model?.Dispose();
        work?.Dispose();
    }

    [Test]
    public void Wanda_scores_of_every_kv_group_equal_the_reference() => CompareScores("wanda_sp", (attention, gram) =>
        GroupScores.WandaSpAttention(attention, [.. Enumerable.Range(0, gram.Cols).Select(gram.MeanSquare)], threads: 1));

    /// <remarks>The reference divides by n − 1 tokens, we by n: one factor for all columns of all layers, which no order sees.</remarks>
    [Test]
    public void Flap_scores_of_every_kv_group_equal_the_reference() => CompareScores("flap_wifv", (attention, gram) =>
        GroupScores.WifvAttention(attention, [.. Enumerable.Range(0, gram.Cols).Select(col => gram.Variance(col) * gram.Tokens / (gram.Tokens - 1))],
            threads: 1));

    [Test]
    [Category("Slow")]
    public void Removal_orders_and_loss_curves_are_those_of_the_official_code()
    {
        var matrices = ReferenceNumbers.Model(name).GetProperty("obs_official").GetProperty("matrices");
        var levels = LevelBuilder.Run(model, grams, new LevelOptions(), work["levels"], device: new CpuDevice(2));
        Assert.Multiple(() =>
        {
            for (var layer = 0; layer < levels.Layers.Count; layer++)
            {
                Compare(levels.Layers[layer].Attention!, matrices.GetProperty($"layer{layer}.o_proj"), $"layer {layer} o_proj");
                Compare(levels.Layers[layer].Mlp!, matrices.GetProperty($"layer{layer}.down_proj"), $"layer {layer} down_proj");
            }
        });
    }

    private void CompareScores(string method, Func<AttentionWeights, GramStatistics, double[]> scores)
    {
        var expected = ReferenceNumbers.Model(name).GetProperty("baseline_group_scores_attention").GetProperty(method)
            .EnumerateArray().Select(layer => layer.Doubles()).ToArray();
        Assert.That(model.Config.Layers, Has.Count.EqualTo(expected.Length));
        var worst = 0.0;
        for (var layer = 0; layer < expected.Length; layer++)
        {
            var attention = model.ReadLayer(layer).Attention!;
            var actual = scores(attention, grams.Attention(layer, attention.Output.Cols));
            Assert.That(actual, Has.Length.EqualTo(expected[layer].Length));
            worst = actual.Zip(expected[layer], (ours, theirs) => Math.Abs(ours / theirs - 1)).Append(worst).Max();
        }

        TestContext.Out.WriteLine($"largest relative difference {worst:e1}");
        Assert.That(worst, Is.LessThan(ScoreTolerance));
    }

    private static void Compare(AttentionLevels levels, JsonElement official, string matrix)
    {
        var (sets, groups) = (levels.Sets, levels.Sets.KvHeads);
        var order = new List<int>();
        var losses = new List<double> { 0 };
        for (var kept = groups - 1; kept >= 1; kept--)
        {
            var heads = sets.Heads(new AttentionLevel(kept, kept * sets.QueriesPerGroup));
            order.Add(Enumerable.Range(0, groups).Except(order).Except(heads.Select(head => head / sets.QueriesPerGroup)).Single());
            losses.Add(levels.Losses[new AttentionLevel(kept, kept * sets.QueriesPerGroup)]);
        }

        order.Add(Enumerable.Range(0, groups).Except(order).Single());
        losses.Add(levels.Losses[default]);
        Assert.That(order, Is.EqualTo(official.GetProperty("removal_order").Ints()), matrix);
        Compare(losses, official, matrix);
    }

    private static void Compare(ChannelLevels levels, JsonElement official, string matrix)
    {
        var (ours, theirs) = (levels.Order.Removal, official.GetProperty("removal_order").Ints());
        foreach (var percent in (int[])[20, 50, 80])
        {
            var count = theirs.Length * percent / 100;
            Assert.That(ours.Take(count).Except(theirs.Take(count)), Is.Empty, $"{matrix}, {percent} %");
        }

        Compare(levels.Losses.Reverse().ToArray(), official, matrix);
    }

    /// <param name="losses">By number of removed units.</param>
    private static void Compare(IReadOnlyList<double> losses, JsonElement official, string matrix)
    {
        // The official H is divided by the sequences, ours by the tokens.
        var sum = 0.0;
        var removed = 0;
        foreach (var score in official.GetProperty("score_at_removal").EnumerateArray())
        {
            sum += score.GetDouble() / 2;
            removed++;
            Assert.That(losses[removed] * ReferenceNumbers.Window, Is.EqualTo(sum).Within(CurveTolerance * sum), $"{matrix} without {removed}");
        }

        var all = official.GetProperty("error_all_removed_exact").GetDouble();
        Assert.That(removed, Is.EqualTo(losses.Count - 2), matrix);
        Assert.That(losses[^1] * ReferenceNumbers.Window, Is.EqualTo(all).Within(CurveTolerance * all), $"{matrix} without any");
    }
}
