namespace ForgePrune.Kernels.Gpu.Tests;

[TestFixtureSource(typeof(Devices), nameof(Devices.Names))]
[NonParallelizable]
public sealed class LevelTests(string name)
{
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(31)]
    [TestCase(33)]
    [TestCase(41)]
    [Category("Slow")]
    public void Factor_and_inverse_equal_those_of_the_reference(int n)
    {
        var device = Devices.Open(name);
        using var cholesky = new GpuCholesky(device, new GpuProduct(device), n);
        var h = Kernels.Tests.Made.Spd(Kernels.Tests.Made.Random(900 + n), n, n);
        using DeviceMatrix<double> a = new(device, n, n), inverse = new(device, n, n);
        a.Upload(h, n);
        cholesky.Factor(a);
        Assert.That(cholesky.FailedPivot(), Is.EqualTo(-1));
        double[] factor = new double[n * n], expected = (double[])h.Clone();
        a.Download(factor, n);
        Assert.That(Cholesky.Factor(expected, n, n, threads: 1), Is.EqualTo(-1));
        for (var row = 0; row < n; row++)
            for (var col = 0; col <= row; col++)
                Assert.That(factor[row * n + col], Is.EqualTo(expected[row * n + col]).Within(1e-12 * n));

        cholesky.Invert(a, inverse);
        var actual = new double[n * n];
        inverse.Download(actual, n);
        // Conditions of a few hundred in float64: 1e-11 is far above rounding.
        Assert.That(Kernels.Tests.Made.LargestDifference(actual, Kernels.Tests.Made.Inverse(h, n)), Is.LessThan(1e-11 * (n + 1)));
    }

    [TestCase(0, 0, -1)]
    [TestCase(3, 2, -1)]
    [TestCase(3, 0, 0)]
    [TestCase(3, 1, double.NaN)]
    [TestCase(36, 34, -1)]
    [TestCase(36, 33, double.NaN)]
    [Category("Slow")]
    public void The_first_bad_pivot_is_told(int n, int bad, double pivot)
    {
        var device = Devices.Open(name);
        using var cholesky = new GpuCholesky(device, new GpuProduct(device), Math.Max(1, n));
        var h = new double[n * n];
        for (var i = 0; i < n; i++)
            h[i * n + i] = i == bad ? pivot : 2;
        using DeviceMatrix<double> a = new(device, n, n);
        a.Upload(h, n);
        cholesky.Factor(a);
        Assert.That(cholesky.FailedPivot(), Is.EqualTo(n == 0 ? -1 : bad));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(5)]
    [TestCase(32)]
    [TestCase(33)]
    [TestCase(41)]
    [Category("Slow")]
    public void Order_scores_and_factor_equal_those_of_the_processor(int n)
    {
        var device = Devices.Open(name);
        using var elimination = new GpuChannelElimination(device, new GpuProduct(device), Math.Max(1, n));
        var random = Kernels.Tests.Made.Random(950 + n);
        const int rows = 7;
        var (h, w) = (Kernels.Tests.Made.Spd(random, n, n), Kernels.Tests.Made.Doubles(random, rows * n));
        bool[] dead = n % 2 == 0 ? [] : [.. Enumerable.Range(0, n).Select(j => n > 3 && j % 9 == 2)];
        double[] p = Kernels.Tests.Made.Inverse(h, n), g = Kernels.Tests.Made.WeightGram(w, rows, n);
        using DeviceMatrix<double> inverse = new(device, n, n), gram = new(device, n, n);
        inverse.Upload(p, n);
        gram.Upload(g, n);
        var actual = elimination.Run(inverse, gram, dead);
        var expected = ChannelElimination.Run(p, g, n, dead, n, threads: 1);
        Assert.That(actual.Order, Is.EqualTo(expected.Order));
        var scale = expected.Scores.DefaultIfEmpty(0).Max();
        for (var i = 0; i < n; i++)
            Assert.That(actual.Scores[i], Is.EqualTo(expected.Scores[i]).Within(1e-10 * expected.Scores[i] + 1e-13 * scale), $"step {i}");
        var factor = new double[n * n];
        gram.Download(factor, n);
        Assert.That(Kernels.Tests.Made.LargestDifference(factor, p[..(n * n)]), Is.LessThan(1e-10));
    }

    [Test]
    [Category("Slow")]
    public void Equal_scores_go_by_index()
    {
        const int n = 50;
        var device = Devices.Open(name);
        using var elimination = new GpuChannelElimination(device, new GpuProduct(device), n);
        double[] p = new double[n * n], g = new double[n * n];
        for (var i = 0; i < n; i++)
            (p[i * n + i], g[i * n + i]) = (1, 1 + i % 3);
        using DeviceMatrix<double> inverse = new(device, n, n), gram = new(device, n, n);
        inverse.Upload(p, n);
        gram.Upload(g, n);
        Assert.That(elimination.Run(inverse, gram, []).Order, Is.EqualTo(Enumerable.Range(0, n).OrderBy(i => i % 3).ThenBy(i => i)));
    }

    [TestCase(-1.0)]
    [TestCase(0.0)]
    [TestCase(double.NaN)]
    [Category("Slow")]
    public void An_inverse_that_is_not_positive_is_refused(double diagonal)
    {
        var device = Devices.Open(name);
        using var elimination = new GpuChannelElimination(device, new GpuProduct(device), 2);
        using DeviceMatrix<double> inverse = new(device, 2, 2), gram = new(device, 2, 2);
        inverse.Upload([1, 0, 0, diagonal], 2);
        gram.Upload([1, 0, 0, 1], 2);
        Assert.That(() => elimination.Run(inverse, gram, []), Throws.TypeOf<NotPositiveDefiniteException>().With.Property("Pivot").EqualTo(1));
    }
}
