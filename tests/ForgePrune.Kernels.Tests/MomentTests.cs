namespace ForgePrune.Kernels.Tests;

public sealed class MomentTests
{
    [TestCase(0, 2, 3)]
    [TestCase(1, 1, 1)]
    [TestCase(5, 0, 3)]
    [TestCase(5, 3, 0)]
    [TestCase(300, 4, 7)]
    public void Both_moments_are_the_float64_sums_over_all_pieces(int tokens, int rows, int cols)
    {
        var random = Made.Random(2300 + tokens);
        int yStride = rows + 1, xStride = cols + 2;
        float[] y = Made.Floats(random, tokens * yStride), x = Made.Floats(random, tokens * xStride);
        double[] cross = new double[rows * cols], gram = new double[cols * cols];
        GramReference.AccumulateCross(y, rows, yStride, x, cols, xStride, tokens, cross, cols);
        GramReference.AccumulateCross(x, cols, xStride, x, cols, xStride, tokens, gram, cols);
        IPruningDevice device = new DevicePool([new CpuDevice(2)]);
        using var sum = device.Moments(rows, cols);
        var first = tokens / 3;
        sum.Add(y, yStride, x, xStride, first);
        sum.Add(y.AsSpan(first * yStride), yStride, x.AsSpan(first * xStride), xStride, tokens - first);
        var made = sum.Finish();
        // Float32 sums of at most 256 terms below 1.
        var tolerance = Made.FloatEpsilon * 32 * Math.Max(1, tokens);
        Assert.That(Made.LargestDifference(made.Gram.AsSpan(), gram), Is.LessThanOrEqualTo(tolerance));
        Assert.That(Made.LargestDifference(made.Cross, cross), Is.LessThanOrEqualTo(tolerance));
    }
}
