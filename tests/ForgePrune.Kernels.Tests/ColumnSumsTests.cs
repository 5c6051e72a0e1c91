namespace ForgePrune.Kernels.Tests;

public sealed class ColumnSumsTests
{
    [Test]
    public void Have_the_bits_of_the_plain_sums_for_every_small_size_and_stride()
    {
        var random = Made.Random(61);
        for (var cols = 0; cols <= 40; cols++)
            Check(random, random.Next(20), cols, cols % 4, 1);
    }

    // Both add a column from the first row to the last: no bit may differ, whatever the number of threads.
    [TestCase(200, 1300, 1)]
    [TestCase(200, 1300, 3)]
    [TestCase(1, 513, 2)]
    public void Have_the_bits_of_the_plain_sums_across_pieces(int rows, int cols, int threads) => Check(Made.Random(cols), rows, cols, 5, threads);

    [Test]
    public void A_span_too_short_is_refused() =>
        Assert.That(() => ColumnSums.Squares(new float[3], 2, 2, 2, new double[2], threads: 0), Throws.ArgumentException.With.Message.Contains("2 x 2"));

    private static void Check(Random random, int rows, int cols, int extra, int threads)
    {
        var stride = cols + extra;
        var weights = Made.Floats(random, rows * stride);
        var (actual, expected) = (Made.Doubles(random, cols), new double[cols]);
        ColumnSums.Absolute(weights, rows, cols, stride, actual, threads);
        ColumnSumsReference.Absolute(weights, rows, cols, stride, expected);
        Assert.That(actual, Is.EqualTo(expected));
        ColumnSums.Squares(weights, rows, cols, stride, actual, threads);
        ColumnSumsReference.Squares(weights, rows, cols, stride, expected);
        Assert.That(actual, Is.EqualTo(expected));
    }
}
