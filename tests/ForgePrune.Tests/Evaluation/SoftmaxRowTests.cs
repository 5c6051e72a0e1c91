using ForgePrune.Evaluation;

namespace ForgePrune.Tests.Evaluation;

public sealed class SoftmaxRowTests
{
    private const int Seed = 20263;

    /// <summary>Float32 sums of one block err by some 10 ε = 1e-6 relative; the summands p·z are of order 10.</summary>
    private const double Tolerance = 1e-5;

    /// <summary>Lengths around vector widths and around the block of 4096.</summary>
    private static readonly int[] Lengths = [1, 2, 3, 15, 16, 17, 255, 4095, 4096, 4097, 9001];

    [Test]
    [Category("Slow")]
    public void Divergence_and_likelihood_equal_float64([ValueSource(nameof(Lengths))] int length, [Values(0f, 80f, -300f)] float offset)
    {
        var random = new Random(Seed);
        var dense = Logits(random, length, offset);
        var pruned = Logits(random, length, -offset);
        var (entropy, cross, logSum) = Exact(dense, pruned);
        var p = (float[])dense.Clone();
        var actualEntropy = SoftmaxRow.Normalise(p, out var denseSum);
        var actual = SoftmaxRow.Compare(p, pruned);
        Assert.That(p.Sum(value => (double)value), Is.EqualTo(1).Within(Tolerance));
        Assert.That(actualEntropy, Is.EqualTo(entropy).Within(Tolerance), $"seed {Seed}");
        Assert.That(actual.CrossEntropy, Is.EqualTo(cross).Within(Tolerance), $"seed {Seed}");
        // One float32 of the size of the offset.
        Assert.That(actual.LogSumExp, Is.EqualTo(logSum).Within(Tolerance + Math.Abs(offset) * 1e-7));
        Assert.That(denseSum, Is.EqualTo(SoftmaxRow.Compare([], dense).LogSumExp), "the same sums");
        Assert.That(SoftmaxRow.Compare([], pruned).LogSumExp, Is.EqualTo(actual.LogSumExp));
    }

    [Test]
    public void The_scaled_sum_and_its_derivatives_equal_float64([ValueSource(nameof(Lengths))] int length, [Values(0.3, 1, 2.5)] double scale)
    {
        var logits = Logits(new Random(Seed), length, 5);
        var weights = logits.Select(z => Math.Exp(scale * (z - 11.0))).ToArray();
        var sum = weights.Sum();
        var mean = weights.Zip(logits, (w, z) => w * z).Sum() / sum;
        var variance = weights.Zip(logits, (w, z) => w * (z - mean) * (z - mean)).Sum() / sum;
        var actual = SoftmaxRow.Scaled(logits, scale);
        Assert.That(actual.LogSumExp, Is.EqualTo(scale * 11 + Math.Log(sum)).Within(Tolerance), $"seed {Seed}");
        Assert.That(actual.Mean, Is.EqualTo(mean).Within(Tolerance), $"seed {Seed}");
        // A difference of squares of order 100.
        Assert.That(actual.Variance, Is.EqualTo(variance).Within(100 * Tolerance), $"seed {Seed}");
    }

    [Test]
    public void A_certain_prediction_has_no_entropy()
    {
        float[] logits = [0, -1000, -2000];
        Assert.That(SoftmaxRow.Normalise(logits), Is.Zero);
        Assert.That(logits, Is.EqualTo(new[] { 1f, 0, 0 }));
    }

    private static float[] Logits(Random random, int length, float offset) =>
        [.. Enumerable.Range(0, length).Select(_ => offset + 12 * (float)random.NextDouble())];

    private static (double NegativeEntropy, double Cross, double LogSum) Exact(float[] dense, float[] pruned)
    {
        double LogSum(float[] z) => z.Max() + Math.Log(z.Sum(value => Math.Exp((double)value - z.Max())));
        var (d, p) = (LogSum(dense), LogSum(pruned));
        var entropy = dense.Sum(z => Math.Exp(z - d) * (z - d));
        var cross = dense.Zip(pruned, (a, b) => -Math.Exp(a - d) * (b - p)).Sum();
        return (entropy, cross, p);
    }
}
