namespace ForgePrune.Kernels.Gpu.Tests;

[TestFixtureSource(typeof(Devices), nameof(Devices.Names))]
[NonParallelizable]
public sealed class GramTests(string name)
{
    [TestCase(0, 3)]
    [TestCase(1, 1)]
    [TestCase(7, 0)]
    [TestCase(9, 33)]
    [TestCase(17, 72)]
    [TestCase(3, 130)]
    [TestCase(300, 5)]
    [Category("Slow")]
    public void Adds_the_float64_sum(int tokens, int cols)
    {
        foreach (var device in new[] { Devices.OpenWide(name), Devices.Open(name) }.Distinct())
            AddsTheFloat64Sum(device, tokens, cols);
    }

    private static void AddsTheFloat64Sum(GpuDevice device, int tokens, int cols)
    {
        var random = Kernels.Tests.Made.Random(tokens + 1000 * cols);
        var x = Kernels.Tests.Made.Floats(random, tokens * cols);
        var before = new double[cols * cols];
        for (var i = 0; i < cols; i++)
            before[i * cols + i] = i;
        var expected = (double[])before.Clone();
        GramReference.AccumulateCross(x, cols, cols, x, cols, cols, tokens, expected, cols);
        using DeviceMatrix<float> onX = new(device, tokens, cols);
        using DeviceMatrix<double> onGram = new(device, cols, cols);
        onX.Upload(x, cols);
        onGram.Upload(before, cols);
        new GpuGram(device).Accumulate(onX, tokens, onGram);
        var actual = new double[cols * cols];
        onGram.Download(actual, cols);
        // As on the CPU: float32 sums of at most 256 terms below 1, each step of which is off by at most ε/2 of 256.
        Assert.That(Kernels.Tests.Made.LargestDifference(actual, expected), Is.LessThanOrEqualTo(Kernels.Tests.Made.FloatEpsilon * 32 * Math.Max(1, tokens)));
        for (var i = 0; i < cols; i++)
            for (var j = 0; j < i; j++)
                if (actual[i * cols + j] != actual[j * cols + i])
                    Assert.Fail($"({i}, {j}) differs from its mirror image");
    }

    // Of devices with groups of 256 lanes none chooses it by itself.
    [TestCase(1, 1)]
    [TestCase(9, 33)]
    [TestCase(256, 5)]
    public void The_kernel_for_narrow_groups_adds_it_to_the_lower_half(int tokens, int cols)
    {
        var device = Devices.OpenWide(name);
        var x = Kernels.Tests.Made.Floats(Kernels.Tests.Made.Random(tokens + 2000 * cols), tokens * cols);
        var before = new double[cols * cols];
        Array.Fill(before, 3);
        var expected = (double[])before.Clone();
        GramReference.AccumulateCross(x, cols, cols, x, cols, cols, tokens, expected, cols);
        using DeviceMatrix<float> onX = new(device, tokens, cols);
        using DeviceMatrix<double> onGram = new(device, cols, cols);
        onX.Upload(x, cols);
        onGram.Upload(before, cols);
        GpuGram.Plain(device.Accelerator)(onX.View, 0, tokens, cols, onGram.View);
        var actual = new double[cols * cols];
        onGram.Download(actual, cols);
        for (var row = 0; row < cols; row++)
            for (var col = 0; col < cols; col++)
                Assert.That(actual[row * cols + col], col > row
                    ? Is.EqualTo(3)
                    : Is.EqualTo(expected[row * cols + col]).Within(Kernels.Tests.Made.FloatEpsilon * 32 * tokens), $"({row}, {col})");
    }

    // Several tiles and blocks of tokens, and rows that do not begin at multiples of 16 bytes.
    [TestCase(GramPrecision.Tf32, 10, 300, 132)]
    [TestCase(GramPrecision.Tf32, 10, 41, 7)]
    [TestCase(GramPrecision.Bf16, 7, 300, 132)]
    [TestCase(GramPrecision.Bf16, 7, 41, 7)]
    public void Tensor_cores_add_the_float64_sum_of_what_they_round_to(GramPrecision precision, int bits, int tokens, int cols)
    {
        var device = Devices.OpenWide(name);
        if (!device.HasTensorCores)
            Assert.Inconclusive($"{device.Name} has no tensor cores, so {precision} is left out here; the kept PTX is interpreted instead.");
        var random = Kernels.Tests.Made.Random(tokens + cols + bits);
        // So few bits that neither format rounds.
        var x = Array.ConvertAll(Kernels.Tests.Made.Floats(random, tokens * cols), value => MathF.Round(value * 64) / 64);
        var expected = new double[cols * cols];
        GramReference.AccumulateCross(x, cols, cols, x, cols, cols, tokens, expected, cols);
        using DeviceMatrix<float> onX = new(device, tokens, cols);
        using DeviceMatrix<double> onGram = new(device, cols, cols);
        onX.Upload(x, cols);
        new GpuGram(device, precision).Accumulate(onX, tokens, onGram);
        var actual = new double[cols * cols];
        onGram.Download(actual, cols);
        // Sums of at most 256 terms below 1 are multiples of 2⁻¹² and need 20 bits: float32 holds them exactly, in whatever order they come.
        Assert.That(actual, Is.EqualTo(expected));
    }

    [TestCase(GramPrecision.Tf32)]
    [TestCase(GramPrecision.Bf16)]
    public void A_precision_that_needs_tensor_cores_is_refused_where_there_are_none(GramPrecision precision)
    {
        var device = Devices.OpenWide(name);
        if (device.HasTensorCores)
            Assert.That(new GpuGram(device, precision).Precision, Is.EqualTo(precision));
        else
            Assert.That(() => new GpuGram(device, precision), Throws.TypeOf<GpuDeviceException>().With.Message.Contains("no tensor cores").And.Message
                .Contains("sm_80"));
    }

    [Test]
    [Category("Slow")]
    public void A_gram_of_another_size_is_refused()
    {
        var device = Devices.OpenWide(name);
        using DeviceMatrix<float> x = new(device, 2, 3);
        using DeviceMatrix<double> gram = new(device, 3, 4);
        Assert.That(() => new GpuGram(device).Accumulate(x, 2, gram), Throws.ArgumentException.With.Message.Contains("3 x 4"));
    }
}
