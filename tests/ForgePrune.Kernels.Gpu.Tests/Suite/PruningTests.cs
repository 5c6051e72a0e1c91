namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>The contract that processor and GPU keep, step by step on both.</summary>
[TestFixtureSource(typeof(Devices), nameof(Devices.Names))]
[NonParallelizable]
public sealed class PruningTests(string name)
{
    private GpuPruning gpu = null!;

    [OneTimeSetUp]
    public void Open() => gpu = new GpuPruning(Devices.Open(name), threads: 1);

    [OneTimeTearDown]
    public void Close() => gpu?.Dispose();

    [TestCase(1)]
    [TestCase(37)]
    // Smaller than the one before: its workspace serves.
    [TestCase(5)]
    [Category("Slow")]
    public void Orders_and_scores_equal_those_of_the_processor(int n)
    {
        var random = Kernels.Tests.Made.Random(1300 + n);
        const int rows = 9;
        var (h, w) = (Kernels.Tests.Made.Spd(random, n, n), Kernels.Tests.Made.Doubles(random, rows * n));
        bool[] dead = [.. Enumerable.Range(0, n).Select(j => n > 3 && j % 7 == 4)];
        var (expected, actual) = (new CpuDevice(Environment.ProcessorCount).Order(h, n, w, rows, dead), gpu.Order(h, n, w, rows, dead));
        Assert.That(actual.Order, Is.EqualTo(expected.Order));
        for (var step = 0; step < n; step++)
            Assert.That(actual.Scores[step], Is.EqualTo(expected.Scores[step]).Within(1e-10 * (1 + expected.Scores.Max())));
    }

    [TestCase(0, 3, 3)]
    [TestCase(7, 5, 5)]
    [TestCase(300, 9, 12)]
    // More than one slab of the device.
    [TestCase(520, 3, 4)]
    [Category("Slow")]
    public void A_gram_is_the_sum_over_all_pieces(int tokens, int cols, int stride)
    {
        var random = Kernels.Tests.Made.Random(1500 + tokens);
        var x = Kernels.Tests.Made.Floats(random, Math.Max(1, tokens) * stride);
        var sums = new[] { gpu.Gram(cols), new CpuDevice(Environment.ProcessorCount).Gram(cols) }.Select(sum =>
        {
            using (sum)
            {
                sum.Add(x, tokens, stride);
                sum.Add(x, Math.Min(tokens, 3), stride);
                return sum.Finish();
            }
        }).ToArray();
        // Float32 sums of at most 256 terms below 1 on both sides, typically off by 256·ε·√256 each.
        Assert.That(Kernels.Tests.Made.LargestDifference(sums[0].AsSpan(), sums[1].AsSpan()),
            Is.LessThanOrEqualTo(Kernels.Tests.Made.FloatEpsilon * 64 * Math.Max(1, tokens)));
        Assert.That(sums[0], Has.Length.EqualTo(cols * cols));
    }

    [TestCase(1, 1)]
    [TestCase(4, 3)]
    [TestCase(2, 17)]
    [Category("Slow")]
    public void Groups_cost_and_leave_what_they_do_on_the_processor(int blocks, int width)
    {
        int n = blocks * width;
        const int rows = 6;
        var random = Kernels.Tests.Made.Random(1600 + n);
        var (h, w) = (Kernels.Tests.Made.Spd(random, n, n), Kernels.Tests.Made.Doubles(random, rows * n));
        using IGroupSweeps actual = gpu.Groups(h, n, w, rows, [], width), expected = new CpuDevice(Environment.ProcessorCount).Groups(h, n, w, rows, [], width);
        Assert.That(actual.Energy, Is.EqualTo(expected.Energy).Within(1e-12 * expected.Energy));
        Assert.That(expected.Energy, Is.EqualTo(Kernels.Tests.LeastSquares.Energy(h, w, rows, n)).Within(1e-10 * expected.Energy));
        var (on, off) = (actual.Start(), expected.Start());
        if (blocks > 2)
            Same(on.Remove([0, 2]), off.Remove([0, 2]));
        while (off.Cheapest([]) is var next and >= 0)
        {
            Assert.That(on.Cheapest([]), Is.EqualTo(next));
            Same(on.Remove([next]), off.Remove([next]));
            Assert.That(on.IsLiving(next), Is.False);
        }
        Assert.That(on.Cheapest([]), Is.EqualTo(-1));
        // Another sweep begins at the dense end again.
        Same(actual.Start().Score([blocks - 1]), expected.Start().Score([blocks - 1]));

        // Conditions of a few hundred and a handful of removals in float64.
        void Same(double cost, double other) => Assert.That(cost, Is.EqualTo(other).Within(1e-10 * (1 + expected.Energy)));
    }

    [TestCase(1)]
    [TestCase(10)]
    [TestCase(36)]
    [Category("Slow")]
    public void A_factor_refits_as_that_of_the_processor(int n)
    {
        const int rows = 5;
        var random = Kernels.Tests.Made.Random(1700 + n);
        var (h, w) = (Kernels.Tests.Made.Spd(random, n, n), Kernels.Tests.Made.Doubles(random, rows * n));
        var moment = Kernels.Tests.Made.Multiply(Transpose.No, Transpose.No, rows, n, n, w, n, h, n);
        int[] order = [.. Enumerable.Range(0, n)];
        random.Shuffle(order);
        foreach (var kept in new[] { order, order[..(n / 2)] })
        {
            var (actual, expected) = (gpu.Factor(h, n, moment, rows, kept), new CpuDevice(Environment.ProcessorCount).Factor(h, n, moment, rows, kept));
            Assert.That(actual.Order, Is.EqualTo(kept));
            Assert.That(Kernels.Tests.Made.LargestDifference([.. actual.Errors], [.. expected.Errors]), Is.LessThanOrEqualTo(1e-10 * (1 + expected.Errors[0])));
            foreach (var k in new[] { 0, kept.Length / 3, kept.Length })
            {
                double[] x = new double[rows * k], y = new double[rows * k];
                actual.Refit(k, x, k);
                expected.Refit(k, y, k);
                Assert.That(Kernels.Tests.Made.LargestDifference(x, y), Is.LessThan(1e-11 * (n + 1)));
            }
        }
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(36)]
    [Category("Slow")]
    public void A_factor_from_weights_refits_as_that_of_the_processor(int n)
    {
        const int rows = 3;
        var random = Kernels.Tests.Made.Random(1800 + n);
        var (h, w) = (Kernels.Tests.Made.Spd(random, n, n), Kernels.Tests.Made.Doubles(random, rows * n));
        int[] order = [.. Enumerable.Range(0, n)];
        random.Shuffle(order);
        IPruningDevice on = gpu, off = new CpuDevice(Environment.ProcessorCount);
        LevelFactor actual = on.FactorOfWeights(h, n, w, rows, order), expected = off.FactorOfWeights(h, n, w, rows, order);
        Assert.That(Kernels.Tests.Made.LargestDifference([.. actual.Errors], [.. expected.Errors]), Is.LessThanOrEqualTo(1e-10 * (1 + expected.Errors[0])));
        foreach (var k in new[] { 0, n / 3, n })
        {
            double[] x = new double[rows * k], y = new double[rows * k];
            actual.Refit(k, x, k);
            expected.Refit(k, y, k);
            Assert.That(Kernels.Tests.Made.LargestDifference(x, y), Is.LessThan(1e-11 * (n + 1)));
        }
        Assert.That(() => on.FactorOfWeights(h, n, w, rows, [.. order, 0]), Throws.ArgumentException.With.Message.Contains($"{n + 1} of {n}"));
    }

    // What is left out of a strip is zero.
    [Test]
    [Category("Slow")]
    public void Strips_of_targets_join_to_the_bits_of_the_whole()
    {
        const int n = 20, rows = 3;
        var device = Devices.Open(name);
        var (product, gather) = (new GpuProduct(device), new GpuGather(device));
        using var cholesky = new GpuCholesky(device, product, n);
        var random = Kernels.Tests.Made.Random(1850);
        var (h, w) = (Kernels.Tests.Made.Spd(random, n, n), Kernels.Tests.Made.Doubles(random, rows * n));
        int[] order = [.. Enumerable.Range(0, n)];
        random.Shuffle(order);
        GpuLevelFactor whole = new(device, product, gather), strips = new(device, product, gather, strip: 7);
        Assert.That(strips.Create(cholesky, h, n, w, rows, order, 1).Errors, Is.EqualTo(whole.Create(cholesky, h, n, w, rows, order, 1).Errors));
        Assert.That(strips.OfWeights(cholesky, h, n, w, rows, order, 1).Errors, Is.EqualTo(whole.OfWeights(cholesky, h, n, w, rows, order, 1).Errors));
    }

    [Test]
    public void An_order_that_is_none_is_refused()
    {
        double[] h = [1, 0, 0, 1];
        Assert.That(() => gpu.Factor(h, 2, [1, 1], 1, [2]), Throws.ArgumentException.With.Message.Contains("Column 2"));
        Assert.That(() => gpu.FactorOfWeights(h, 2, [1, 1], 1, [1, 1]), Throws.ArgumentException.With.Message.Contains("Column 1"));
    }

    [Test]
    [Category("Slow")]
    public void A_hessian_that_is_not_positive_is_refused_by_every_step()
    {
        double[] h = [1, 0, 0, -1];
        Assert.That(() => gpu.Order(h, 2, [1, 1], 1, []), Throws.TypeOf<NotPositiveDefiniteException>());
        Assert.That(() => gpu.Groups(h, 2, [1, 1], 1, [], 1), Throws.TypeOf<NotPositiveDefiniteException>());
        Assert.That(() => gpu.Factor(h, 2, [1, 1], 1, [1, 0]), Throws.TypeOf<NotPositiveDefiniteException>().With.Property("Pivot").Zero);
        Assert.That(() => gpu.FactorOfWeights(h, 2, [1, 1], 1, [1, 0]), Throws.TypeOf<NotPositiveDefiniteException>().With.Property("Pivot").Zero);
    }

    [Test]
    public void What_does_not_fit_is_refused_before_any_work()
    {
        using var small = new GpuPruning(Devices.Open(name), memoryBytes: 1 << 20, threads: 1);
        var h = new double[400 * 400];
        Assert.That(() => small.Order(h, 400, new double[400], 1, []), Refused("1 x 400"));
        Assert.That(() => small.Groups(h, 400, new double[400], 1, [], 100), Refused("1 x 400"));
        Assert.That(() => small.Factor(h, 400, new double[400], 1, [0]), Refused("1 x 400"));

        static NUnit.Framework.Constraints.IResolveConstraint Refused(string matrix) =>
            Throws.TypeOf<DeviceMemoryException>().With.Message.Contains(matrix).And.Message.Contains("has 1 MiB");
    }

    [Test]
    [Category("Slow")]
    public void Blocks_that_are_no_blocks_are_refused()
    {
        double[] h = [1, 0, 0, 1];
        Assert.That(() => gpu.Groups(h, 2, [1, 1], 1, [], 3), Throws.ArgumentException);
        using var sweeps = gpu.Groups(h, 2, [1, 1], 1, [], 1);
        var sweep = sweeps.Start();
        sweep.Remove([0]);
        Assert.That(() => sweep.Remove([0]), Throws.ArgumentException);
        Assert.That(() => sweep.Score([2]), Throws.ArgumentException);
        Assert.That(() => sweep.Cheapest([true]), Throws.ArgumentException);
    }
}
