namespace ForgePrune.Kernels.Gpu.Tests;

[TestFixtureSource(typeof(Devices), nameof(Devices.Names))]
[NonParallelizable]
public sealed class GramTests(string name)
{
    [TestCase(0, 3)]
    [TestCase(1, 1)]
    [TestCase(7, 0)]
    [TestCase(9, 33)]
    [TestCase(17, 70)]
    [TestCase(300, 5)]
    public void Adds_the_float64_sum(int tokens, int cols)
    {
        var device = Devices.Open(name);
        var random = Kernels.Tests.Made.Random(tokens + 1000 * cols);
        var x = Kernels.Tests.Made.Floats(random, tokens * cols);
        var expected = new double[cols * cols];
        GramReference.AccumulateCross(x, cols, cols, x, cols, cols, tokens, expected, cols);
        GramReference.AccumulateCross(x, cols, cols, x, cols, cols, tokens, expected, cols);
        using DeviceMatrix<float> onX = new(device, tokens, cols);
        using DeviceMatrix<double> onGram = new(device, cols, cols);
        onX.Upload(x, cols);
        var gram = new GpuGram(device);
        gram.Accumulate(onX, tokens, onGram);
        gram.Accumulate(onX, tokens, onGram);
        var actual = new double[cols * cols];
        onGram.Download(actual, cols);
        // As on the CPU: float32 sums of at most 256 terms below 1, typically off by 256·ε·√256, in two rounds.
        Assert.That(Kernels.Tests.Made.LargestDifference(actual, expected), Is.LessThanOrEqualTo(Kernels.Tests.Made.FloatEpsilon * 64 * Math.Max(1, tokens)));
        for (var i = 0; i < cols; i++)
            for (var j = 0; j < i; j++)
                Assert.That(actual[i * cols + j], Is.EqualTo(actual[j * cols + i]));
    }
}
