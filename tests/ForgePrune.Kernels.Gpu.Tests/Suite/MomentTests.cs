namespace ForgePrune.Kernels.Gpu.Tests;

[TestFixtureSource(typeof(Devices), nameof(Devices.Names))]
[NonParallelizable]
public sealed class MomentTests(string name)
{
    [TestCase(0, 3, 2)]
    [TestCase(1, 1, 1)]
    [TestCase(7, 0, 3)]
    [TestCase(7, 3, 0)]
    [TestCase(9, 33, 5)]
    [TestCase(17, 4, 8)]
    [TestCase(3, 130, 9)]
    [TestCase(5, 9, 131)]
    [TestCase(300, 5, 7)]
    [Category("Slow")]
    public void Adds_the_float64_sum(int tokens, int rows, int cols)
    {
        foreach (var device in new[] { Devices.OpenWide(name), Devices.Open(name) }.Distinct())
        {
            var (y, x, before, expected) = Made(tokens, rows, cols);
            using DeviceMatrix<float> onY = On(device, y, tokens, rows), onX = On(device, x, tokens, cols);
            using var moment = On(device, before, rows, cols);
            new GpuCross(device).Accumulate(onY, onX, tokens, moment);
            Assert.That(Kernels.Tests.Made.LargestDifference(Values(moment), expected), Is.LessThanOrEqualTo(Allowed(tokens)));
        }
    }

    // Of devices with groups of 256 lanes none chooses it by itself.
    [TestCase(1, 1, 1)]
    [TestCase(9, 7, 33)]
    public void The_kernel_for_narrow_groups_adds_it_too(int tokens, int rows, int cols)
    {
        var device = Devices.OpenWide(name);
        var (y, x, before, expected) = Made(tokens, rows, cols);
        using DeviceMatrix<float> onY = On(device, y, tokens, rows), onX = On(device, x, tokens, cols);
        using var moment = On(device, before, rows, cols);
        GpuCross.Plain(device.Accelerator)(onY.View, rows, onX.View, cols, 0, tokens, moment.View);
        Assert.That(Kernels.Tests.Made.LargestDifference(Values(moment), expected), Is.LessThanOrEqualTo(Allowed(tokens)));
    }

    [Test]
    public void A_moment_of_another_size_is_refused()
    {
        var device = Devices.Open(name);
        using DeviceMatrix<float> y = new(device, 2, 3), x = new(device, 2, 4);
        using DeviceMatrix<double> moment = new(device, 4, 3);
        Assert.That(() => new GpuCross(device).Accumulate(y, x, 2, moment), Throws.ArgumentException.With.Message.Contains("4 x 3"));
        Assert.That(() => new GpuCross(device).Accumulate(y, x, 3, moment), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [TestCase(0, 2, 3)]
    [TestCase(6, 0, 3)]
    [TestCase(7, 4, 5)]
    // More than one slab of the device.
    [TestCase(520, 2, 3)]
    [Category("Slow")]
    public void Both_moments_are_the_sums_over_all_pieces(int tokens, int rows, int cols)
    {
        using var gpu = new GpuPruning(Devices.Open(name), threads: 1);
        var (y, x, _, _) = Made(tokens, rows + 1, cols + 2);
        var (on, off) = (Moments(gpu), Moments(new CpuDevice(1)));
        Assert.That(Kernels.Tests.Made.LargestDifference(on.Gram.AsSpan(), off.Gram.AsSpan()), Is.LessThanOrEqualTo(2 * Allowed(tokens)));
        Assert.That(Kernels.Tests.Made.LargestDifference(on.Cross, off.Cross), Is.LessThanOrEqualTo(2 * Allowed(tokens)));
        Assert.That((on.Gram.Length, on.Cross.Length), Is.EqualTo(((long)cols * cols, rows * cols)));

        (LongArray<double> Gram, double[] Cross) Moments(IPruningDevice device)
        {
            using var sum = device.Moments(rows, cols);
            sum.Add(y, rows + 1, x, cols + 2, tokens);
            sum.Add(y, rows + 1, x, cols + 2, Math.Min(tokens, 3));
            return sum.Finish();
        }
    }

    // Panels of one column, that leave a remainder, that are wider than the matrix; and pieces that are flushed at once, held, and cut. One case goes beyond the
    // 256 tokens of a float32 sum: on a device that is watched, it takes half a minute.
    [TestCase(1, 2, new[] { 10, 1, 0 })]
    [TestCase(2, 3, new[] { 1, 260, 3 })]
    [TestCase(9, 7, new[] { 10, 1, 40, 0, 5 })]
    [Category("Slow")]
    public void Panels_leave_the_bits_of_the_whole(int width, int cols, int[] pieces)
    {
        const int rows = 4;
        var device = Devices.Open(name);
        var (gram, cross) = (new GpuGram(device), new GpuCross(device));
        var (y, x, _, _) = Made(pieces.Max(), rows, cols);
        using var whole = new GpuMomentSum(device, gram, cross, rows, cols);
        using var panels = new PanelSum(device, gram, cross, cols, rows, width, threads: 1, mostHeld: 256);
        foreach (var tokens in pieces)
        {
            whole.Add(y, rows, x, cols, tokens);
            panels.Add(y, rows, x, cols, tokens);
        }
        var (expected, actual) = (whole.Finish(), panels.Finish());
        Assert.That(actual.Gram, Is.EqualTo(expected.Gram));
        Assert.That(actual.Cross, Is.EqualTo(expected.Cross));
    }

    // Tiles of 128 and their edges, where the diagonal's kernel is another one than its neighbor's.
    [Test]
    [Category("Slow")]
    public void Panels_of_tiles_leave_the_bits_of_the_whole()
    {
        const int cols = 150, tokens = 20;
        var device = Devices.OpenWide(name);
        var (gram, cross) = (new GpuGram(device), new GpuCross(device));
        var x = Made(tokens, 0, cols).X;
        using var whole = new GpuGramSum(device, gram, cols);
        using var panels = new PanelSum(device, gram, cross, cols, rows: 0, 128, threads: 1);
        whole.Add(x, tokens, cols);
        panels.Add(x, tokens, cols);
        Assert.That(((IGramSum)panels).Finish(), Is.EqualTo(whole.Finish()));
    }

    [Test]
    public void Panels_of_no_column_or_no_token_are_empty()
    {
        var device = Devices.Open(name);
        var (gram, cross) = (new GpuGram(device), new GpuCross(device));
        using var none = new PanelSum(device, gram, cross, cols: 0, rows: 3, 1, threads: 1);
        none.Add([1, 2, 3], 3, [], 0, 1);
        Assert.That(none.Finish().Cross, Is.Empty);
        using var unfed = new PanelSum(device, gram, cross, cols: 2, rows: 1, 1, threads: 1);
        Assert.That(unfed.Finish().Gram, Is.EqualTo(new double[4]));
    }

    [TestCase(long.MaxValue, 20_000, ExpectedResult = 20_000)]
    [TestCase(long.MaxValue, 100_000, ExpectedResult = 46_336)]
    [TestCase(1L << 20, 400, ExpectedResult = 128)]
    [TestCase(1L << 16, 40, ExpectedResult = 15)]
    [TestCase(4103, 40, ExpectedResult = 0)]
    [TestCase(4104, 40, ExpectedResult = 1)]
    [TestCase(-1, 40, ExpectedResult = 0)]
    public int The_widest_panel_that_fits_is_taken(long bytes, int most)
    {
        var width = PanelSum.Width(bytes, most);
        Assert.That(width == 0 || PanelSum.Bytes(width) <= bytes);
        return width;
    }

    private static (float[] Y, float[] X, double[] Before, double[] Expected) Made(int tokens, int rows, int cols)
    {
        var random = Kernels.Tests.Made.Random(tokens + 1000 * rows + 7 * cols);
        float[] y = Kernels.Tests.Made.Floats(random, tokens * rows), x = Kernels.Tests.Made.Floats(random, tokens * cols);
        var before = Kernels.Tests.Made.Doubles(random, rows * cols);
        var expected = (double[])before.Clone();
        GramReference.AccumulateCross(y, rows, rows, x, cols, cols, tokens, expected, cols);
        return (y, x, before, expected);
    }

    // Float32 sums of at most 256 terms below 1, each step of which is off by at most ε/2 of 256.
    private static double Allowed(int tokens) => Kernels.Tests.Made.FloatEpsilon * 32 * Math.Max(1, tokens);

    private static DeviceMatrix<T> On<T>(GpuDevice device, T[] values, int rows, int cols) where T : unmanaged
    {
        var matrix = new DeviceMatrix<T>(device, rows, cols);
        matrix.Upload(values, cols);
        return matrix;
    }

    private static double[] Values(DeviceMatrix<double> matrix)
    {
        var values = new double[matrix.Rows * matrix.Cols];
        matrix.Download(values, matrix.Cols);
        return values;
    }
}
