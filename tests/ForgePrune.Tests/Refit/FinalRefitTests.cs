using ForgePrune.Errors;
using ForgePrune.Evaluation;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Search;
using ForgePrune.Testing;
using ForgePrune.Tests.Calibration;
using ForgePrune.Tests.Levels;

namespace ForgePrune.Tests.Refit;

public sealed class FinalRefitTests
{
    private const int Seed = SyntheticRefit.Seed;

    [Test]
    public void Nothing_changes_where_nothing_was_pruned([Values] bool affine)
    {
        using var run = new SyntheticCalibration(Seed);
        var refitted = SyntheticRefit.Run(run, new Plan(run.Model.Config.Layers), new FinalRefitOptions { Affine = affine });
        for (var layer = 0; layer < 2; layer++)
        {
            var (dense, now) = (run.Model.ReadLayer(layer), refitted.Model.ReadLayer(layer));

            // Targets are differences of float32 residuals near 3, so they err by 2e-7 per token, which the inverse Hessian
            // (condition up to some 1e3 at this damping) amplifies; a wrong scale or damping would move weights by 1e-2.
            Assert.That(now.Attention!.Output.Values, Is.EqualTo(dense.Attention!.Output.Values).Within(1e-4));
            Assert.That(now.Mlp!.Down.Values, Is.EqualTo(dense.Mlp!.Down.Values).Within(1e-4));
            Assert.That(now.Attention.Query.Values, Is.EqualTo(dense.Attention.Query.Values).Within(1e-4));
            Assert.That(now.Mlp.Gate.Values, Is.EqualTo(dense.Mlp.Gate.Values).Within(1e-4));
        }
    }

    [TestCase(0.5, 0.5, false)]
    [TestCase(0.0, 0.0, false)]
    [TestCase(1.0, 0.0, true)]
    [TestCase(0.0, 1.0, false)]
    public void The_refitted_model_follows_the_dense_stream_more_closely(double residual, double input, bool affine)
    {
        // One layer, so that the block errors add up to what is measured.
        using var run = new SyntheticCalibration(Seed, SyntheticModels.Config(layers: 1, ffn: 24));
        var plan = new Plan([new(1, 2, 12)]);
        var refitted = SyntheticRefit.Run(run, plan, new FinalRefitOptions { ResidualShare = residual, InputShare = input, Affine = affine });
        using var before = CompactModel.Build(run.Model, plan, LevelSource.Gathering(run.Model, run.Levels(), 1 << 28));
        Assert.That(Distances.Between(run, refitted.Model), Is.LessThan(Distances.Between(run, before)));
        Assert.That(refitted.Model.Config.OutputBias, Is.EqualTo(affine));
    }

    [Test]
    public void Masked_equals_compacted_after_the_refit([Values(0, 0.5)] double input)
    {
        using var run = new SyntheticCalibration(Seed);
        var refitted = SyntheticRefit.Run(run, SyntheticRefit.Half, new FinalRefitOptions { ResidualShare = 0.7, InputShare = input, Affine = true });
        using var masked = MaskedModel.Build(refitted.Unpruned, refitted.Model, run.Levels());
        Assert.That(run.Forward(refitted.Model).Values, Is.EqualTo(run.Forward(masked).Values).Within(1e-5));
    }

    [Test]
    public void Levels_around_a_refitted_plan_give_its_blocks_back_and_what_they_would_be_at_other_sizes([Values] bool affine)
    {
        using var run = new SyntheticCalibration(Seed);
        var (levels, moments, options) = (run.Levels(new LevelOptions(Affine: affine)), new StreamMoments(new FinalRefitOptions { Affine = affine }),
            new FinalRefitOptions { Affine = affine });
        // Layer 1 keeps all of its attention and loses its MLP.
        var plan = new Plan([new(1, 2, 12), new(2, 4, 0)]);
        var refitted = FinalRefit.Run(run.Model, run.Model.Config with { Layers = plan.Layers }, levels, run.Runner, run.Windows, options, run.Folder("around"),
            keep: moments, device: new CpuDevice(2));
        var around = LevelSource.Around(refitted.Unpruned, levels, moments, 1 << 28, device: new CpuDevice(2));
        var (first, second) = (refitted.Model.ReadLayer(0), refitted.Model.ReadLayer(1));
        // The same float64 systems in another order of columns, stored as float32.
        Assert.That(around.Attention(0, plan.Layers[0])!.Output.Values, Is.EqualTo(first.Attention!.Output.Values).Within(1e-5));
        Assert.That(around.Mlp(0, plan.Layers[0])!.Down.Values, Is.EqualTo(first.Mlp!.Down.Values).Within(1e-5));
        Assert.That(around.Attention(1, plan.Layers[1])!.Output.Values, Is.EqualTo(second.Attention!.Output.Values).Within(1e-5));
        Assert.That(around.Attention(1, plan.Layers[1])!.Query.Values, Is.EqualTo(second.Attention.Query.Values).Within(1e-6));
        Assert.That(around.Attention(1, plan.Layers[1])!.Output.Values, Is.Not.EqualTo(run.Model.ReadLayer(1).Attention!.Output.Values),
            "whole blocks are refitted too");
        Assert.That(around.Mlp(1, new(2, 4, 0)), Is.Null);
        Assert.That(around.Mlp(1, new(2, 4, 10))!.Ffn, Is.EqualTo(10), "a block that went may come back");

        var evaluator = new PlanEvaluator(run.Model, run.Runner, around, new PlanEvaluatorOptions(LogitScale: 0.8));
        using var scaled = new LogitScale(0.8, 0).Apply(refitted.Model);
        Assert.That(evaluator.Kl([plan], run.Windows)[0], Is.EqualTo(ModelEvaluation.Run(scaled, run.Runner, run.Windows, run.Model).Divergences!)
            .Within(1e-5));
    }

    [Test]
    public void Removed_blocks_are_passed_by()
    {
        using var run = new SyntheticCalibration(Seed);
        var refitted = SyntheticRefit.Run(run, new Plan([new(0, 0, 12), new(1, 1, 0)]), new FinalRefitOptions());
        Assert.That((refitted.Model.ReadLayer(0).Attention, refitted.Model.ReadLayer(1).Mlp), Is.EqualTo(((AttentionWeights?)null, (MlpWeights?)null)));
        Assert.That(refitted.Model.ReadLayer(1).Attention!.QueryHeads, Is.EqualTo(1));
    }

    [Test]
    public void Shares_outside_zero_to_one_are_refused([Values(-0.1, 1.1, double.NaN)] double share)
    {
        using var run = new SyntheticCalibration(Seed);
        foreach (var options in new FinalRefitOptions[] { new() { ResidualShare = share }, new() { InputShare = share } })
            Assert.That(() => SyntheticRefit.Run(run, SyntheticRefit.Half, options), Throws.TypeOf<ArgumentOutOfRangeException>());
    }
}
