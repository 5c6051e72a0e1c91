using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests;

public sealed class ChannelEliminationTests
{
    // Scores come out of n updates of two matrices, each rounding at ε times a condition of a few hundred; 1e-10 is far above that and far below any real gap.
    private const double Relative = 1e-10;

    private static IEnumerable<int> Sizes => [.. Enumerable.Range(0, 41), 63, 64, 65, 95, 96, 97, 127, 128, 129, 257];

    [TestCaseSource(nameof(Sizes))]
    [Category("Slow")]
    public void Order_and_scores_equal_the_plain_algorithm(int n)
    {
        var random = Made.Random(300 + n);
        var rows = random.Next(1, 60);
        var (h, w) = (Made.Spd(random, n, n), Made.Doubles(random, rows * n));
        bool[] dead = n % 2 == 0 ? [] : [.. Enumerable.Range(0, n).Select(j => n > 3 && j % 9 == 2)];
        AssertSame(ChannelEliminationReference.Run((double[])w.Clone(), rows, Made.Inverse(h, n), n, dead, threads: 0), Eliminate(h, w, rows, n, dead), n);
    }

    // The longer rows are shared out among threads at every removal.
    [TestCase(150, 157)]
    [TestCase(420, 423)]
    [Category("Slow")]
    public void Strides_and_threads_change_nothing(int n, int stride)
    {
        const int rows = 20;
        var random = Made.Random(31);
        var (h, w) = (Made.Spd(random, n, n), Made.Doubles(random, rows * n));
        var expected = Eliminate(h, w, rows, n, []);
        double[]? factor = null;
        foreach (var threads in new[] { 1, 2, 5, 11 })
        {
            double[] p = Spread(Made.Inverse(h, n), n, stride), g = Spread(Made.WeightGram(w, rows, n), n, stride);
            var actual = ChannelElimination.Run(p, g, n, [], stride, threads);
            Assert.That(actual.Order, Is.EqualTo(expected.Order));
            Assert.That(actual.Scores, Is.EqualTo(expected.Scores));
            Assert.That(p, Is.EqualTo(factor ??= p), "the factor that is left in P");
        }
    }

    [TestCase(5, 3, 41)]
    [TestCase(7, 2, 42)]
    public void Each_step_is_the_best_by_closed_form(int n, int rows, int seed)
    {
        var random = Made.Random(seed);
        var (h, w) = (Made.Spd(random, n, n), Made.Doubles(random, rows * n));
        var result = Eliminate(h, w, rows, n, []);
        var (kept, loss) = (Enumerable.Range(0, n).ToList(), 0.0);
        for (var step = 0; step < n; step++)
        {
            var losses = kept.ToDictionary(j => j, j => LeastSquares.Error(h, w, rows, n, [.. kept.Where(k => k != j)]));
            var best = losses.MinBy(pair => pair.Value);
            Assert.That(result.Order[step], Is.EqualTo(best.Key));
            Assert.That(result.Scores[step], Is.EqualTo(best.Value - loss).Within(1e-9 * (1 + best.Value)));
            kept.Remove(best.Key);
            loss = best.Value;
        }
    }

    [Test]
    public void Dead_columns_go_first_and_are_never_read()
    {
        const int n = 90, rows = 4;
        var random = Made.Random(6);
        var (h, w) = (Made.Spd(random, n, n), Made.Doubles(random, rows * n));
        int[] deadColumns = [0, 17, 88, 89];
        bool[] dead = [.. Enumerable.Range(0, n).Select(deadColumns.Contains)];
        int[] alive = [.. Enumerable.Range(0, n).Where(j => !dead[j])];
        double[] p = Made.Inverse(Part(h, n, alive), alive.Length), wAlive = [.. Enumerable.Range(0, rows).SelectMany(r => alive.Select(j => w[r * n + j]))];
        double[] fullP = Enlarge(p, alive, n), fullG = Enlarge(Made.WeightGram(wAlive, rows, alive.Length), alive, n);
        var expected = ChannelElimination.Run(p, Made.WeightGram(wAlive, rows, alive.Length), alive.Length, [], alive.Length, threads: 0);
        var actual = ChannelElimination.Run(fullP, fullG, n, dead, n, threads: 0);
        Assert.That(actual.Order, Is.EqualTo(deadColumns.Concat(expected.Order.Select(j => alive[j]))));
        Assert.That(actual.Scores.Take(4), Is.All.Zero);
        for (var i = 0; i < alive.Length; i++)
            Assert.That(actual.Scores[4 + i], Is.EqualTo(expected.Scores[i]).Within(Relative * (1 + expected.Scores[i])));
    }

    [Test]
    [Category("Slow")]
    public void Equal_scores_go_by_index()
    {
        const int n = 150;
        double[] p = new double[n * n], g = new double[n * n];
        for (var i = 0; i < n; i++)
            (p[i * n + i], g[i * n + i]) = (1, 1 + i % 3);
        var result = ChannelElimination.Run(p, g, n, [], n, threads: 0);
        Assert.That(result.Order, Is.EqualTo(Enumerable.Range(0, n).OrderBy(i => i % 3).ThenBy(i => i)));
        Assert.That(result.Scores, Is.EqualTo(result.Order.Select(i => 1.0 + i % 3)));
    }

    [Test]
    public void Loss_never_falls()
    {
        const int n = 200, rows = 12;
        var random = Made.Random(77);
        var result = Eliminate(Made.Spd(random, n, n), Made.Doubles(random, rows * n), rows, n, []);
        Assert.That(result.Scores, Is.All.GreaterThanOrEqualTo(0.0));
        Assert.That(result.Order.Order(), Is.EqualTo(Enumerable.Range(0, n)));
    }

    [TestCase(-1.0)]
    [TestCase(0.0)]
    [TestCase(double.NaN)]
    [Category("Slow")]
    public void An_inverse_that_is_not_positive_is_refused(double diagonal) =>
        Assert.That(() => ChannelElimination.Run(new double[] { 1, 0, 0, diagonal }, new double[] { 1, 0, 0, 1 }, 2, [], 2, threads: 0),
            Throws.InstanceOf<ArithmeticException>());

    [Test]
    public void Infinite_weights_are_refused() =>
        Assert.That(() => ChannelElimination.Run(new double[] { 1, 0, 0, 1 }, new[] { double.PositiveInfinity, 0, 0, double.PositiveInfinity }, 2, [], 2, 0),
            Throws.InstanceOf<ArithmeticException>());

    private static EliminationResult Eliminate(double[] h, double[] w, int rows, int n, bool[] dead) =>
        ChannelElimination.Run(Made.Inverse(h, n), Made.WeightGram(w, rows, n), n, dead, n, threads: 0);

    private static void AssertSame(EliminationResult expected, EliminationResult actual, int n)
    {
        Assert.That(actual.Order, Is.EqualTo(expected.Order));
        // The last scores are what is left of G after n subtractions, so rounding counts against the largest score, not each one's own.
        var scale = expected.Scores.DefaultIfEmpty(0).Max();
        for (var i = 0; i < n; i++)
            Assert.That(actual.Scores[i], Is.EqualTo(expected.Scores[i]).Within(Relative * expected.Scores[i] + 1e-3 * Relative * scale), $"step {i}");
    }

    private static double[] Part(double[] a, int n, int[] indices) => [.. indices.SelectMany(i => indices.Select(j => a[i * n + j]))];

    private static double[] Enlarge(double[] a, int[] indices, int n)
    {
        var large = new double[n * n];
        Array.Fill(large, double.NaN);
        for (var i = 0; i < indices.Length; i++)
            for (var j = 0; j < indices.Length; j++)
                large[indices[i] * n + indices[j]] = a[i * indices.Length + j];
        return large;
    }

    private static double[] Spread(double[] a, int n, int stride)
    {
        var result = new double[n * stride];
        for (var i = 0; i < n; i++)
            a.AsSpan(i * n, n).CopyTo(result.AsSpan(i * stride));
        return result;
    }
}
