using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests;

public sealed class GramRootTests
{
    [Test]
    public void Its_square_is_the_gram([Values(0, 1, 5, 64, 65, 200)] int cols, [Values(0, 1, 40, 70, 300)] int tokens)
    {
        var random = Made.Random(1500 + cols + tokens);
        var gram = Gram(Columns(random, tokens, cols), tokens, cols);
        var root = GramRoot.Of(gram, cols, tokens, threads: 2);
        Assert.That(root.Rank, Is.LessThanOrEqualTo(Math.Min(cols, tokens)));
        Assert.That(root.Values, Has.Length.EqualTo(cols * root.Rank));
        // What counts as explained is 1e-6 of a diagonal; columns of both kinds below keep that much.
        RequireSquare(root, gram, cols, 2e-6);
    }

    [Test]
    public void Rounding_to_float32_adds_hardly_any_rank()
    {
        const int cols = 150, tokens = 30;
        double[] gram = [.. Gram(Columns(Made.Random(1600), tokens, cols), tokens, cols).Select(value => (double)(float)value)];
        var root = GramRoot.Of(gram, cols, most: 1000, threads: 2);
        // The rounding of a product of columns is 6e-8, and the last pivots enlarge it: one column or two may be left above 1e-6.
        Assert.That(root.Rank, Is.InRange(tokens, tokens + 2));
        RequireSquare(root, gram, cols, 1e-5);
    }

    [Test]
    public void Dead_and_repeated_columns_take_no_rank()
    {
        const int cols = 90, tokens = 200;
        var x = Columns(Made.Random(1700), tokens, cols);
        for (var t = 0; t < tokens; t++)
            (x[t * cols + 3], x[t * cols + 7], x[t * cols + 80]) = (0, x[t * cols + 8] * 1e-3, 0);
        var gram = Gram(x, tokens, cols);
        var root = GramRoot.Of(gram, cols, tokens, threads: 2);
        Assert.That(root.Rank, Is.EqualTo(cols - 3));
        Assert.That(root.Values.AsLongSpan().Span(3 * root.Rank, root.Rank).ContainsAnyExcept(0.0), Is.False);
        RequireSquare(root, gram, cols, 2e-6);
    }

    /// <summary>Columns whose sizes differ a thousandfold.</summary>
    private static double[] Columns(Random random, int tokens, int cols)
    {
        var x = Made.Doubles(random, tokens * cols);
        for (var i = 0; i < x.Length; i++)
            x[i] *= Math.Pow(10, i % cols % 4);
        return x;
    }

    private static double[] Gram(double[] x, int tokens, int cols) => Made.Multiply(Transpose.Yes, Transpose.No, cols, cols, tokens, x, cols, x, cols);

    private static void RequireSquare(GramRoot root, double[] gram, int cols, double tolerance)
    {
        var values = root.Values.AsSpan().ToArray();
        var square = Made.Multiply(Transpose.No, Transpose.Yes, cols, cols, root.Rank, values, root.Rank, values, root.Rank);
        for (var i = 0; i < cols; i++)
            for (var j = 0; j < cols; j++)
                Assert.That(square[i * cols + j],
                    Is.EqualTo(gram[i * cols + j]).Within(tolerance * Math.Sqrt(gram[i * cols + i] * gram[j * cols + j])), $"{i}, {j}");
    }
}
