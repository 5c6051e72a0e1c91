using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests;

public sealed class UnseenErrorsTests
{
    private const int Rows = 5;

    /// <summary>Float64 on conditions below 10³, relative to the largest error of the curve: about n·10³ roundings of 2e-16.</summary>
    private const double Tolerance = 1e-11;

    [Test]
    public void Every_width_has_the_error_of_its_refit(
        [Values(0, 1, 2, 7, 33, 60)] int n, [Values(0, 1, 3, 200)] int tokens, [Values] bool inverse)
    {
        var random = Made.Random(900 + 7 * n + tokens);
        var (h, w, order) = (Made.Spd(random, n, n), Made.Doubles(random, Rows * n), Order(random, n));
        var stride = tokens + 3;
        var x = Made.Doubles(random, Math.Max(1, n * stride));
        var actual = Factor(h, w, n, order, inverse).UnseenErrors(x, n, tokens, stride);
        Assert.That(actual, Has.Length.EqualTo(n + 1));
        var v = Made.Multiply(Transpose.No, Transpose.Yes, n, n, tokens, x, stride, x, stride);
        double[] expected = [.. Enumerable.Range(0, n + 1).Select(k => Error(h, w, v, n, order[..k]))];
        Assert.That(Made.LargestDifference(actual, expected), Is.LessThanOrEqualTo(Tolerance * (n + 1) * (1 + expected.Max())));
        Assert.That(actual, Is.All.GreaterThanOrEqualTo(0.0));
        Assert.That(actual[n], Is.Zero);
    }

    [TestCase(40, 9)]
    [TestCase(128, 40)]
    [TestCase(300, 70)]
    public void The_closed_form_gives_the_same_curve(int n, int tokens)
    {
        var random = Made.Random(1000 + n);
        var (h, w, order) = (Made.Spd(random, n, n), Made.Doubles(random, Rows * n), Order(random, n));
        var x = Made.Doubles(random, n * tokens);
        double[] l = [.. order.SelectMany(i => order.Select(j => h[i * n + j]))], y = Made.Multiply(Transpose.No, Transpose.Yes, n, Rows, n, h, n, w, n);
        y = [.. order.SelectMany(i => y[(i * Rows)..((i + 1) * Rows)])];
        CholeskyReference.Factor(l, n, n);
        TriangularSolveReference.Lower(l, n, n, y, Rows, Rows);
        double[] ordered = [.. order.SelectMany(i => x[(i * tokens)..((i + 1) * tokens)])];
        var v = Made.Multiply(Transpose.No, Transpose.Yes, n, n, tokens, ordered, tokens, ordered, tokens);
        var expected = UnseenErrorsReference.Curve(l, y, v, n, Rows);
        foreach (var inverse in new[] { false, true })
            Assert.That(Made.LargestDifference(Factor(h, w, n, order, inverse).UnseenErrors(x, n, tokens, tokens), expected),
                Is.LessThanOrEqualTo(Tolerance * (n + 1) * expected.Max()));
    }

    [Test]
    public void The_own_inputs_give_the_own_errors()
    {
        const int n = 150, tokens = 400;
        var random = Made.Random(1100);
        var (x, w, order) = (Made.Doubles(random, n * tokens), Made.Doubles(random, Rows * n), Order(random, n));
        var factor = Factor(Made.Multiply(Transpose.No, Transpose.Yes, n, n, tokens, x, tokens, x, tokens), w, n, order, inverse: false);
        Assert.That(Made.LargestDifference(factor.UnseenErrors(x, n, tokens, tokens), [.. factor.Errors]),
            Is.LessThanOrEqualTo(Tolerance * n * factor.Errors[0]));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(90)]
    public void The_first_columns_alone_give_the_errors_of_their_widths(int n)
    {
        const int tokens = 12;
        var random = Made.Random(1200 + n);
        var (h, w, x, order) = (Made.Spd(random, n, n), Made.Doubles(random, Rows * n), Made.Doubles(random, Math.Max(1, n * tokens)), Order(random, n));
        var moment = Made.Multiply(Transpose.No, Transpose.No, Rows, n, n, w, n, h, n);
        int[] widths = [.. new[] { 0, n / 3, n / 3, n - n / 4 }];
        var part = LevelFactor.Create(h, n, n, moment, Rows, n, order.AsSpan(0, widths[^1]), threads: 2);
        var outputs = Made.Multiply(Transpose.No, Transpose.No, Rows, tokens, n, w, n, x, tokens);
        var actual = part.UnseenErrors(x, n, tokens, tokens, outputs, widths);
        var curve = Factor(h, w, n, order, inverse: false).UnseenErrors(x, n, tokens, tokens);
        Assert.That(Made.LargestDifference(actual, [.. widths.Select(k => curve[k])]), Is.LessThanOrEqualTo(Tolerance * (n + 1) * (1 + curve.Max())));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(90)]
    [TestCase(300)]
    public void A_few_widths_have_the_errors_of_the_curve(int n)
    {
        const int tokens = 12;
        var random = Made.Random(1300 + n);
        var (h, w, x, order) = (Made.Spd(random, n, n), Made.Doubles(random, Rows * n), Made.Doubles(random, Math.Max(1, n * tokens)), Order(random, n));
        var factor = Factor(h, w, n, order, inverse: false);
        int[] widths = [n, n - n / 4, n / 3, n / 3, 0];
        var (actual, curve) = (factor.UnseenErrors(x, n, tokens, tokens, widths), factor.UnseenErrors(x, n, tokens, tokens));
        Assert.That(Made.LargestDifference(actual, [.. widths.Select(k => curve[k])]), Is.LessThanOrEqualTo(Tolerance * (n + 1) * (1 + curve.Max())));
        Assert.That(actual[0], Is.Zero);
    }

    [Test]
    public void Columns_that_the_order_leaves_out_do_not_count()
    {
        const int n = 20, tokens = 6;
        var random = Made.Random(1300);
        var (h, w, x) = (Made.Spd(random, n, n), Made.Doubles(random, Rows * n), Made.Doubles(random, n * tokens));
        for (var row = 0; row < Rows; row++)
            w[row * n + 4] = 0;
        for (var i = 0; i < n; i++)
            (h[i * n + 4], h[4 * n + i]) = (0, 0);
        int[] order = [.. Order(random, n).Where(col => col != 4)];
        var actual = Factor(h, w, n, order, inverse: false).UnseenErrors(x, n, tokens, tokens);
        var v = Made.Multiply(Transpose.No, Transpose.Yes, n, n, tokens, x, tokens, x, tokens);
        for (var k = 0; k < n; k++)
            Assert.That(actual[k], Is.EqualTo(Error(h, w, v, n, order[..k])).Within(Tolerance * n * actual[0]));
    }

    [Test]
    public void The_number_of_threads_changes_nothing()
    {
        const int n = 300, tokens = 90;
        var random = Made.Random(1400);
        var (h, w, x, order) = (Made.Spd(random, n, n), Made.Doubles(random, 64 * n), Made.Doubles(random, n * tokens), Order(random, n));
        double[] Curve(int threads) => LevelFactor.FromWeights(h, n, n, w, 64, n, order, threads).UnseenErrors(x, n, tokens, tokens);
        Assert.That(Curve(5), Is.EqualTo(Curve(1)));
    }

    [Test]
    public void Inputs_without_a_row_for_a_column_are_refused() => Assert.That(
        () => Factor([1, 0, 0, 1], new double[2 * Rows], 2, [1, 0], inverse: false).UnseenErrors(new double[] { 1 }, 1, 1, 1),
        Throws.ArgumentException.With.Message.Contains("column 1"));

    private static LevelFactor Factor(double[] h, double[] w, int n, int[] order, bool inverse)
    {
        var moment = Made.Multiply(Transpose.No, Transpose.No, Rows, n, n, w, n, h, n);
        if (!inverse)
            return LevelFactor.Create(h, n, n, moment, Rows, n, order, threads: 2);
        double[] l = [.. order.SelectMany(i => order.Select(j => h[i * n + j]))];
        Assert.That(CholeskyReference.Factor(l, n, n), Is.EqualTo(-1));
        var stride = n + 1;
        var lower = new double[n * stride];
        for (var i = 0; i < n; i++)
            lower[i * stride + i] = 1;
        TriangularSolveReference.Lower(l, n, n, lower, n, stride);
        return LevelFactor.FromInverse(lower, stride, moment, Rows, n, n, order, threads: 2);
    }

    private static int[] Order(Random random, int n)
    {
        int[] order = [.. Enumerable.Range(0, n)];
        random.Shuffle(order);
        return order;
    }

    /// <summary>tr((Ŵ−W) V (Ŵ−W)ᵀ) with Ŵ from plain solves on H.</summary>
    private static double Error(double[] h, double[] w, double[] v, int n, int[] kept)
    {
        var refit = LeastSquares.Refit(h, w, Rows, n, kept);
        double[] delta = [.. w.Select(value => -value)];
        for (var row = 0; row < Rows; row++)
            for (var i = 0; i < kept.Length; i++)
                delta[row * n + kept[i]] += refit[row * kept.Length + i];
        return LeastSquares.Energy(v, delta, Rows, n);
    }
}
