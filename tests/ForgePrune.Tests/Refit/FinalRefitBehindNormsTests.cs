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

/// <summary>Where a norm stands behind the projection that is refitted.</summary>
public sealed class FinalRefitBehindNormsTests
{
    private const int Seed = SyntheticRefit.Seed;

    [Test]
    public void Nothing_changes_behind_norms_where_nothing_was_pruned()
    {
        using var run = new SyntheticCalibration(Seed, OutputNormTests.PostNormed());
        var refitted = SyntheticRefit.Run(run, new Plan(run.Model.Config.Layers), new FinalRefitOptions());
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
        var refitted = SyntheticRefit.Run(run, SyntheticRefit.Half, new FinalRefitOptions { ResidualShare = residual, InputShare = 0 });
        using var before = CompactModel.Build(run.Model, SyntheticRefit.Half, LevelSource.Gathering(run.Model, run.Levels(), 1 << 28));
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
}
