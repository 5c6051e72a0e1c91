using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests;

public sealed class GramTests
{
    // A float32 block sum of at most 256 terms, each below 1, is off by at most 256·ε·256; typical blocks by 256·ε·√256. Blocks add up in float64.
    private static double Tolerance(int tokens) => Made.FloatEpsilon * 32 * Math.Max(1, tokens);

    [Test]
    public void Equals_the_float64_sum_for_every_small_size_and_stride()
    {
        var random = Made.Random(21);
        for (var cols = 0; cols <= 40; cols++)
            Check(random, random.Next(41), cols, cols % 5);
    }

    [TestCase(1000, 130)]
    [TestCase(257, 300)]
    public void Equals_the_float64_sum_across_token_blocks(int tokens, int cols) => Check(Made.Random(tokens), tokens, cols, 3);

    [Test]
    public void Gram_of_a_union_is_the_sum()
    {
        var random = Made.Random(8);
        const int cols = 37, tokens = 90;
        var x = Made.Floats(random, tokens * cols);
        var (whole, pieces) = (new double[cols * cols], new double[cols * cols]);
        Gram.Accumulate(x, tokens, cols, cols, whole, cols, threads: 0);
        Gram.Accumulate(x.AsSpan(0, 40 * cols), 40, cols, cols, pieces, cols, threads: 0);
        Gram.Accumulate(x.AsSpan(40 * cols), 50, cols, cols, pieces, cols, threads: 0);
        Assert.That(Made.LargestDifference(whole, pieces), Is.LessThanOrEqualTo(Tolerance(tokens)));
    }

    [Test]
    public void Float64_input_stays_float64()
    {
        var random = Made.Random(9);
        const int rows = 70, cols = 45;
        var w = Made.Doubles(random, rows * cols);
        var gram = new double[cols * cols];
        Gram.Accumulate(w, rows, cols, cols, gram, cols, threads: 0);
        Assert.That(Made.LargestDifference(gram, Made.WeightGram(w, rows, cols)), Is.LessThanOrEqualTo(Made.DoubleEpsilon * rows * rows));
    }

    [Test]
    public void Cross_moment_and_sum_equal_the_float64_sums()
    {
        var random = Made.Random(22);
        foreach (var (tokens, rows, cols) in new[] { (0, 3, 4), (1, 1, 1), (300, 17, 70), (5, 40, 0), (520, 33, 12) })
        {
            var (y, x) = (Made.Floats(random, tokens * (rows + 1)), Made.Floats(random, tokens * (cols + 2)));
            var actual = Made.Doubles(random, rows * (cols + 3));
            var expected = (double[])actual.Clone();
            Gram.AccumulateCross(y, rows, rows + 1, x, cols, cols + 2, tokens, actual, cols + 3, threads: 0);
            GramReference.AccumulateCross(y, rows, rows + 1, x, cols, cols + 2, tokens, expected, cols + 3);
            Assert.That(Made.LargestDifference(actual, expected), Is.LessThanOrEqualTo(Tolerance(tokens)));

            var sum = new double[cols];
            Gram.AccumulateSum(x, tokens, cols, cols + 2, sum);
            for (var col = 0; col < cols; col++)
                Assert.That(sum[col], Is.EqualTo(Enumerable.Range(0, tokens).Sum(t => (double)x[t * (cols + 2) + col])).Within(1e-12 * (tokens + 1)));
        }
    }

    private static void Check(Random random, int tokens, int cols, int extra)
    {
        var (stride, gramStride) = (cols + extra, cols + 2 * extra);
        var x = Made.Floats(random, tokens * stride);
        var start = Made.Spd(random, cols, gramStride);
        var (actual, expected) = ((double[])start.Clone(), (double[])start.Clone());
        Gram.Accumulate(x, tokens, cols, stride, actual, gramStride, threads: 0);
        GramReference.AccumulateCross(x, cols, stride, x, cols, stride, tokens, expected, gramStride);
        Assert.That(Made.LargestDifference(actual, expected), Is.LessThanOrEqualTo(Tolerance(tokens)), $"{tokens} x {cols}");
        for (var i = 0; i < cols; i++)
            for (var j = 0; j < i; j++)
                Assert.That(actual[i * gramStride + j], Is.EqualTo(actual[j * gramStride + i]));
    }
}
