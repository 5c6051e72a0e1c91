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

public sealed class InputMapTests
{
    private const int Seed = SyntheticRefit.Seed;

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
        MlpWeights Mapped(double share) => InputMap.Fold(
            block, InputMap.Fit(dense, pruned, norm, run.Model.Config.RmsNormEps, share, Damping.Default, "made", device: new CpuDevice(2)), threads: 1);
        var (whole, half) = (Distance(Mapped(1)), Distance(Mapped(0.5)));
        Assert.That(whole, Is.LessThan(half).And.LessThan(0.2 * Distance(block)));
        Assert.That(half, Is.LessThan(Distance(block)));
        Assert.That(InputMap.Fold(block, null, threads: 1), Is.SameAs(block));
    }
}
