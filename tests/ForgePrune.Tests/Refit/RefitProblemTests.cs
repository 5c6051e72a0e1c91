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

/// <summary>Moments of a text, and the weights that are best on it.</summary>
public sealed class RefitProblemTests
{
    private const int Seed = SyntheticRefit.Seed;

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
}
