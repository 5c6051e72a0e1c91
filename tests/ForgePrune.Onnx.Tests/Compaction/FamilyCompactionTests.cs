using ForgePrune.Forward;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Onnx.Forward;
using ForgePrune.Refit;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Tests.Compaction;

/// <summary>Made models of families that have more than a Llama: what the compacted one says is what the masked original says.</summary>
public sealed class FamilyCompactionTests
{
    private const int Seed = 43, Tokens = 12;

    // Float32 sums in another order differ by about 1e-6 of the scale per block; a wrongly gathered row differs by 1e-2 and more.
    private const double Tolerance = 1e-5;

    [TestCaseSource(typeof(SyntheticFamilies), nameof(SyntheticFamilies.Names))]
    public void Masked_and_compacted_say_the_same_and_the_whole_plan_changes_nothing(string name)
    {
        using var dense = SyntheticModels.Random(SyntheticFamilies.Of(SyntheticModels.Config(layers: 4))[name], Seed);
        var sets = RandomSets(dense.Config);
        var source = LevelSource.Gathering(dense, sets, 1 << 24);
        var random = new Random(Seed);
        var window = new TokenWindows(Tokens, [.. Enumerable.Range(0, Tokens).Select(_ => random.Next(dense.Config.VocabSize))]);
        using var runner = new OrtBlockRunner(dense.Config, threads: 1);
        float[] Logits(IDecoderModel model) =>
            runner.Logits(model.ReadFinalNorm(), model.ReadHead(), DecoderForward.Run(model, runner, window), [.. Enumerable.Range(0, Tokens)]);

        var all = Logits(dense);
        using (var whole = CompactModel.Build(dense, new Plan(dense.Config.Layers), source))
            Assert.That(Logits(whole), Is.EqualTo(all));
        LayerShape[] plan = dense.Config.QkNormAcrossHeads
            ? [new(2, 4, 24), new(0, 0, 48), new(2, 4, 0), new(2, 4, 7)] : [new(1, 2, 24), new(0, 0, 48), new(2, 2, 0), new(1, 1, 7)];
        using var compact = CompactModel.Build(dense, new Plan(plan), source);
        var (masked, found) = (Logits(MaskedModel.Build(dense, compact, sets)), Logits(compact));
        Assert.That(masked, Is.Not.EqualTo(all));
        Assert.That(found, Is.EqualTo(masked).Within(Tolerance * masked.Max(Math.Abs)));
    }

    [TestCase("mixtral")]
    [TestCase("qwen3_moe")]
    [TestCase("qwen3_moe, plain shares")]
    public void Masked_experts_are_passed_by_no_token_and_the_compacted_model_has_none_of_them(string name)
    {
        using var dense = SyntheticModels.Random(SyntheticExperts.All[name], Seed);
        var kind = dense.Config.Mlp[0];
        var sets = new LayerKeptSets([.. dense.Config.Layers.Select(layer => (
            (HeadSets?)ScoreLevels.Heads(Scores(layer.KvHeads), Scores(layer.QueryHeads)),
            (ChannelOrder?)new ChannelOrder([.. ScoreLevels.Channels(Scores(kind.Experts(layer.Ffn))).Removal
                .SelectMany(expert => Enumerable.Range(expert * kind.ExpertWidth, kind.ExpertWidth))])))]);
        var source = LevelSource.Gathering(dense, sets, 1 << 24);
        var random = new Random(Seed);
        var window = new TokenWindows(Tokens, [.. Enumerable.Range(0, Tokens).Select(_ => random.Next(dense.Config.VocabSize))]);
        using var runner = new OrtBlockRunner(dense.Config, threads: 1);
        float[] Logits(IDecoderModel model) =>
            runner.Logits(model.ReadFinalNorm(), model.ReadHead(), DecoderForward.Run(model, runner, window), [.. Enumerable.Range(0, Tokens)]);

        var all = Logits(dense);
        using (var whole = CompactModel.Build(dense, new Plan(dense.Config.Layers), source))
            Assert.That(Logits(whole), Is.EqualTo(all));
        foreach (var experts in ((int, int)[])[(4, 4), (2, 5), (3, 0)])
        {
            using var compact = CompactModel.Build(
                dense, new Plan([new(1, 2, experts.Item1 * kind.ExpertWidth), new(2, 2, experts.Item2 * kind.ExpertWidth)]), source);
            var (masked, found) = (Logits(MaskedModel.Build(dense, compact, sets)), Logits(compact));
            Assert.That(masked, Is.Not.EqualTo(all));
            Assert.That(found, Is.EqualTo(masked).Within(Tolerance * masked.Max(Math.Abs)), $"seed {Seed}, {experts}");
        }

        Assert.That(() => source.Mlp(0, new LayerShape(2, 4, kind.ExpertWidth + 1)), Throws.ArgumentException, "no half of an expert");
    }

    [Test]
    public void Heads_under_one_norm_are_not_parted()
    {
        using var dense = SyntheticModels.Random(SyntheticFamilies.Of(SyntheticModels.Config(layers: 1))["olmo2"], Seed);
        using var compact = CompactModel.Build(dense, new Plan([new(1, 2, 48)]), LevelSource.Gathering(dense, RandomSets(dense.Config), 1 << 24));
        Assert.That(() => compact.ReadLayer(0), Throws.TypeOf<Errors.BadInputException>().With.Message.Contains("spans all heads"));
    }

    [Test]
    public void The_target_of_a_refit_is_in_the_unit_of_the_projection()
    {
        var config = SyntheticFamilies.Of(SyntheticModels.Config(layers: 1))["granite, biases"];
        using var model = SyntheticModels.Random(config, Seed);
        var layer = model.ReadLayer(0);
        var random = new Random(Seed);
        var x = DecoderForward.Embed(model, new TokenWindows(Tokens, [.. Enumerable.Range(0, Tokens).Select(_ => random.Next(config.VocabSize))]));
        using var runner = new OrtBlockRunner(config, threads: 1);
        var there = runner.Attention(layer.Attention!, layer.AttentionNorm, x, captureInputs: true);
        // All of the residual is asked for, and nothing was pruned before: the target is what the projection gives.
        var target = RefitStep.Target(new FinalRefitOptions { ResidualShare = 1 }, there.Output, x, there, config.ResidualScale, threads: 1);
        var output = layer.Attention!.Output;
        for (var token = 0; token < Tokens; token++)
            for (var row = 0; row < output.Rows; row++)
            {
                double expected = layer.Attention.OutputBias![row];
                for (var col = 0; col < output.Cols; col++)
                    expected += (double)output.Row(row)[col] * there.Inputs!.Values[(token * output.Cols) + col];
                // A difference of streams of size three: their half epsilon over the factor 0.22.
                Assert.That(target.Values[(token * output.Rows) + row], Is.EqualTo(expected).Within(1e-5));
            }
    }

    private static LayerKeptSets RandomSets(ModelConfig config) => new([.. config.Layers.Select(layer => (
        (HeadSets?)ScoreLevels.Heads(Scores(layer.KvHeads), Scores(layer.QueryHeads)), (ChannelOrder?)ScoreLevels.Channels(Scores(layer.Ffn))))]);

    private static double[] Scores(int count)
    {
        var random = new Random(Seed + count);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextDouble())];
    }
}
