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
    private const int Seed = 17;
    private static readonly Plan Half = new([new(1, 2, 12), new(2, 2, 10)]);

    [Test]
    public void Nothing_changes_where_nothing_was_pruned([Values] bool affine)
    {
        using var run = new SyntheticCalibration(Seed);
        var refitted = Refit(run, new Plan(run.Model.Config.Layers), new FinalRefitOptions { Affine = affine });
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

    [Test]
    public void Nothing_changes_behind_norms_where_nothing_was_pruned()
    {
        using var run = new SyntheticCalibration(Seed, OutputNormTests.PostNormed());
        var refitted = Refit(run, new Plan(run.Model.Config.Layers), new FinalRefitOptions());
        for (var layer = 0; layer < 2; layer++)
        {
            var (dense, now) = (run.Model.ReadLayer(layer), refitted.Model.ReadLayer(layer));
            // As above.
            Assert.That(now.Attention!.Output.Values, Is.EqualTo(dense.Attention!.Output.Values).Within(1e-4));
            Assert.That(now.Mlp!.Down.Values, Is.EqualTo(dense.Mlp!.Down.Values).Within(1e-4));
            Assert.That((now.Attention.PostNorm, now.Mlp.PostNorm), Is.EqualTo((dense.Attention.PostNorm, dense.Mlp.PostNorm)));
        }
    }

    [TestCase(0.0)]
    [TestCase(0.5)]
    [TestCase(1.0)]
    public void A_refit_behind_norms_follows_the_dense_stream_more_closely(double residual)
    {
        using var run = new SyntheticCalibration(Seed, OutputNormTests.PostNormed());
        var refitted = Refit(run, Half, new FinalRefitOptions { ResidualShare = residual, InputShare = 0 });
        using var before = CompactModel.Build(run.Model, Half, LevelSource.Gathering(run.Model, run.Levels(), 1 << 28));
        Assert.That(Distances.Between(run, refitted.Model), Is.LessThan(Distances.Between(run, before)));
        using var masked = MaskedModel.Build(refitted.Unpruned, refitted.Model, run.Levels());
        Assert.That(run.Forward(refitted.Model).Values, Is.EqualTo(run.Forward(masked).Values).Within(1e-5));
    }

    [Test]
    public void Targets_behind_norms_bring_the_stream_back_but_for_what_the_norm_takes_back()
    {
        const int hidden = 6, tokens = 2, cols = 4;
        var random = new Random(Seed);
        float[] Draw(int count, double size) => [.. Enumerable.Range(0, count).Select(_ => (float)(size * (random.NextDouble() - 0.5)))];
        var dense = new Projection(new Matrix(hidden, cols, Draw(hidden * cols, 2)), null);
        float[] norm = [1, -2, 0.5f, 3, 1e-6f, 1];
        var step = new RefitStep("made", dense, [0, 1, 2, 3], [], 1e-6) { PostNorm = norm };
        Activations inputs = new(1, tokens, cols, Draw(tokens * cols, 2)), pruned = new(1, tokens, hidden, Draw(tokens * hidden, 2));
        float[] Out(Activations target) => [.. Enumerable.Range(0, tokens * hidden).Select(i =>
        {
            var row = target.Values.AsSpan(i / hidden * hidden, hidden).ToArray();
            var rms = Math.Sqrt(row.Average(value => (double)value * value));
            return (float)(pruned.Values[i] + (norm[i % hidden] * target.Values[i] / rms));
        })];
        var scales = new float[tokens];
        var normed = OutputNorm.Normed(inputs, dense.Weights, null, 1e-6, scales, threads: 1);
        const double size = 1e-3;
        var error = Draw(tokens * hidden, size);
        var there = new BlockResult(new Activations(1, tokens, hidden, Out(normed)), new Activations(1, tokens, cols, [.. inputs.Values]));
        var after = new Activations(1, tokens, hidden, [.. there.Output.Values.Zip(error, (value, moved) => value + moved)]);
        var (target, weighed) = step.Pair(new FinalRefitOptions { ResidualShare = 1 }, after, pruned, there, 1, threads: 1);
        Assert.That(weighed.Values, Is.EqualTo(inputs.Values.Select((value, i) => value * scales[i / cols])).Within(1e-6));
        var reached = Out(target);
        for (var row = 0; row < tokens; row++)
        {
            // What is left of the error, before the norm's weights, lies along the output; the fifth output is silenced and does not count.
            double Left(int i) => (after.Values[(row * hidden) + i] - reached[(row * hidden) + i]) / norm[i];
            double[] left = [.. Enumerable.Range(0, hidden).Select(i => i == 4 ? 0 : Left(i))];
            double[] along = [.. normed.Values.AsSpan(row * hidden, hidden).ToArray().Select((value, i) => i == 4 ? 0 : (double)value)];
            var share = left.Zip(along, (a, b) => a * b).Sum() / along.Sum(value => value * value);
            for (var i = 0; i < hidden; i++)
                // Second order in the error over the smallest weight, and float32 outputs near one.
                Assert.That(left[i], Is.EqualTo(share * along[i]).Within(4 * size * size + 4e-6), $"row {row}, output {i}");
        }
    }

    [Test]
    public void The_solution_beats_any_other_weights_on_its_own_data([Values] bool affine)
    {
        var (x, y) = (SyntheticInputs.Activations(90, 6, Seed), SyntheticInputs.Activations(90, 3, Seed + 1));
        using var sums = new MomentAccumulator(3, 6, new CpuDevice(1));
        sums.Add(y, x);
        var moments = sums.Finish();
        var anchor = SyntheticInputs.Weights(3, 6, Seed);
        float[] bias = [0.5f, -1, 0];
        var best = moments.Problem(anchor, bias, 1e-9, affine).Solve([0, 2, 5], device: new CpuDevice(2));
        if (!affine)
            Assert.That(best.Bias, Is.SameAs(bias));
        var random = new Random(Seed);
        var least = Error(best);
        for (var trial = 0; trial < 50; trial++)
        {
            var moved = new Matrix(3, 3, best.Weights.Values.Select(value => value + 0.1f * (random.NextSingle() - 0.5f)).ToArray());
            Assert.That(Error(new Projection(moved, best.Bias)), Is.GreaterThan(least));
            if (affine)
                Assert.That(Error(best with { Bias = best.Bias!.Select(value => value + 0.1f * (random.NextSingle() - 0.5f)).ToArray() }),
                    Is.GreaterThan(least));
        }

        double Error(Projection projection)
        {
            var sum = 0.0;
            for (var t = 0; t < 90; t++)
                for (var row = 0; row < 3; row++)
                {
                    var w = projection.Weights.Row(row);
                    var said = projection.Bias![row] + w[0] * x.Values[t * 6] + w[1] * x.Values[t * 6 + 2] + w[2] * x.Values[t * 6 + 5];
                    sum += Math.Pow(y.Values[t * 3 + row] - said, 2);
                }

            return sum;
        }
    }

    [Test]
    public void Strong_damping_holds_the_weights_at_the_anchor()
    {
        using var sums = new MomentAccumulator(2, 3, new CpuDevice(1));
        sums.Add(SyntheticInputs.Activations(40, 2, Seed), SyntheticInputs.Activations(40, 3, Seed + 1));
        var moments = sums.Finish();
        var anchor = SyntheticInputs.Weights(2, 3, Seed);
        var held = moments.Problem(anchor, null, 1e9, affine: false).Solve([0, 1, 2], device: new CpuDevice(2)).Weights;
        Assert.That(held.Values, Is.EqualTo(anchor.Values).Within(1e-6));
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
        var refitted = Refit(run, plan, new FinalRefitOptions { ResidualShare = residual, InputShare = input, Affine = affine });
        using var before = CompactModel.Build(run.Model, plan, LevelSource.Gathering(run.Model, run.Levels(), 1 << 28));
        Assert.That(Distances.Between(run, refitted.Model), Is.LessThan(Distances.Between(run, before)));
        Assert.That(refitted.Model.Config.OutputBias, Is.EqualTo(affine));
    }

    [Test]
    public void Masked_equals_compacted_after_the_refit([Values(0, 0.5)] double input)
    {
        using var run = new SyntheticCalibration(Seed);
        var refitted = Refit(run, Half, new FinalRefitOptions { ResidualShare = 0.7, InputShare = input, Affine = true });
        using var masked = MaskedModel.Build(refitted.Unpruned, refitted.Model, run.Levels());
        Assert.That(run.Forward(refitted.Model).Values, Is.EqualTo(run.Forward(masked).Values).Within(1e-5));
    }

    [Test]
    public void The_map_in_front_of_a_block_brings_its_inputs_back()
    {
        using var run = new SyntheticCalibration(Seed);
        var dense = ResidualStream.Embed(run.Model, run.Windows, 64);
        var pruned = dense.Copy();
        var random = new Random(Seed);
        var norm = run.Model.ReadLayer(0).MlpNorm;
        for (var chunk = 0; chunk < pruned.Chunks; chunk++)
        {
            var x = dense[chunk];
            // Every coordinate takes something from its neighbour, as a drifted stream does.
            pruned[chunk] = new(x.Windows, x.Tokens, x.Width, [.. x.Values.Select((value, i) => value + 0.5f * x.Values[i ^ 1])]);
        }
        var block = run.Model.ReadLayer(0).Mlp!;
        double Distance(MlpWeights weights) => Enumerable.Range(0, dense.Chunks).Sum(chunk =>
            run.Runner.Mlp(block, norm, dense[chunk], true).Inputs!.Values.Zip(run.Runner.Mlp(weights, norm, pruned[chunk], true).Inputs!.Values)
                .Sum(pair => Math.Pow(pair.First - pair.Second, 2)));
        var whole = Distance(InputMap.Fold(block, InputMap.Fit(dense, pruned, norm, run.Model.Config.RmsNormEps, 1, Damping.Default, "made", device: new CpuDevice(2)),
            threads: 1));
        var half = Distance(InputMap.Fold(block, InputMap.Fit(dense, pruned, norm, run.Model.Config.RmsNormEps, 0.5, Damping.Default, "made", device: new CpuDevice(2)),
            threads: 1));
        Assert.That(whole, Is.LessThan(half).And.LessThan(0.2 * Distance(block)));
        Assert.That(half, Is.LessThan(Distance(block)));
        Assert.That(InputMap.Fold(block, null, threads: 1), Is.SameAs(block));
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
        var refitted = Refit(run, new Plan([new(0, 0, 12), new(1, 1, 0)]), new FinalRefitOptions());
        Assert.That((refitted.Model.ReadLayer(0).Attention, refitted.Model.ReadLayer(1).Mlp), Is.EqualTo(((AttentionWeights?)null, (MlpWeights?)null)));
        Assert.That(refitted.Model.ReadLayer(1).Attention!.QueryHeads, Is.EqualTo(1));
    }

    [Test]
    public void A_resumed_refit_leaves_the_same_bytes()
    {
        using var run = new SyntheticCalibration(Seed);
        var options = new FinalRefitOptions { ResidualShare = 0.5 };
        Refit(run, Half, options);
        var folder = run.Folder("refit");
        var whole = Hashes(folder);
        File.Delete(Path.Combine(folder, "layer-00.mlp.refit"));
        File.Delete(Path.Combine(folder, "layer-01.attention.refit"));
        File.Delete(Path.Combine(folder, "layer-01.mlp.refit"));
        Refit(run, Half, options);
        Assert.That(Hashes(folder), Is.EqualTo(whole));
        Assert.That(() => Refit(run, Half, options with { ResidualShare = 0.6 }), Throws.TypeOf<BadInputException>());
    }

    [Test]
    [Category("Slow")]
    public void Broken_off_behind_any_layer_no_layer_before_is_run_again([Range(1, 4)] int after, [Values] bool first)
    {
        using var run = new SyntheticCalibration(Seed, SyntheticModels.Config(layers: 5, ffn: 24));
        // Where nothing goes from the first layer, both streams are nearly one.
        var plan = new Plan([first ? new(1, 2, 12) : new(2, 4, 24), new(0, 0, 12), new(2, 2, 10), new(1, 1, 0), new(2, 2, 24)]);
        var (levels, folder) = (run.Levels(), run.Folder("broken"));
        Run(run.Folder("whole"), null);
        var whole = run.Runner.Calls;
        Run(run.Folder("again"), null);
        var perRun = run.Runner.Calls - whole;
        Assert.That(() => Run(folder, new StopAfter(after)), Throws.InstanceOf<OperationCanceledException>());
        var calls = run.Runner.Calls;
        Run(folder, null);
        Assert.That(run.Runner.Calls - calls, Is.LessThan(perRun).And.EqualTo(perRun - (calls - whole - perRun)), "what was run is not run again");
        Assert.That(Hashes(folder), Is.EqualTo(Hashes(run.Folder("whole"))));

        void Run(string place, IProgress<double>? progress) => FinalRefit.Run(
            run.Model, run.Model.Config with { Layers = plan.Layers }, levels, run.Runner, run.Windows, new FinalRefitOptions(), place, new CpuDevice(2),
                TimeSpan.Zero, progress);
    }

    [Test]
    public void An_opened_refit_is_the_one_that_was_made_and_computes_nothing()
    {
        using var run = new SyntheticCalibration(Seed);
        var options = new FinalRefitOptions();
        var made = Refit(run, Half, options);
        var calls = run.Runner.Calls;
        var opened = Open();
        Assert.That(opened.Model.ContentHash, Is.EqualTo(made.Model.ContentHash));
        Assert.That(run.Runner.Calls, Is.EqualTo(calls));
        File.Delete(Directory.GetFiles(run.Folder("refit")).Order().First());
        Assert.That(() => Open(), Throws.TypeOf<BadInputException>());

        RefittedModel Open() =>
            RefittedModel.Open(run.Model, run.Model.Config with { Layers = Half.Layers }, run.Levels(), run.Windows, options, run.Folder("refit"), threads: 2);
    }

    [Test]
    public void Shares_outside_zero_to_one_are_refused([Values(-0.1, 1.1, double.NaN)] double share)
    {
        using var run = new SyntheticCalibration(Seed);
        Assert.That(() => Refit(run, Half, new FinalRefitOptions { ResidualShare = share }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Refit(run, Half, new FinalRefitOptions { InputShare = share }), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private static RefittedModel Refit(SyntheticCalibration run, Plan plan, FinalRefitOptions options) =>
        FinalRefit.Run(run.Model, run.Model.Config with { Layers = plan.Layers }, run.Levels(), run.Runner, run.Windows, options, run.Folder("refit"),
            device: new CpuDevice(2));

    private static (string, string)[] Hashes(string folder) => Directory.GetFiles(folder).Order()
        .Select(path => (Path.GetFileName(path), Convert.ToHexString(File.ReadAllBytes(path)))).ToArray();
}
