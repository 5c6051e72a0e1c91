using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests;

public sealed class LevelFactorTests
{
    private static IEnumerable<int> Sizes => [0, 1, 2, 7, 31, 32, 33, 40, 100];

    [TestCaseSource(nameof(Sizes))]
    public void Curve_is_the_running_sum_of_greedy_scores(int n)
    {
        var random = Made.Random(500 + n);
        var (rows, h, w) = (9, Made.Spd(random, n, n), Made.Doubles(random, 9 * n));
        var result = ChannelElimination.Run(Made.Inverse(h, n), Made.WeightGram(w, rows, n), n, [], n, threads: 0);
        var factor = Factor(h, w, rows, n, [.. result.Order.Reverse()]);
        var loss = 0.0;
        for (var removed = 0; removed <= n; removed++)
        {
            Assert.That(factor.Errors[n - removed], Is.EqualTo(loss).Within(1e-10 * (1 + loss)));
            loss += removed < n ? result.Scores[removed] : 0;
        }
        Assert.That(factor.Errors[0], Is.EqualTo(LeastSquares.Energy(h, w, rows, n)).Within(1e-10 * (1 + loss)));
    }

    [TestCaseSource(nameof(Sizes))]
    public void Refit_is_the_least_squares_solution(int n)
    {
        var random = Made.Random(600 + n);
        var (rows, h, w) = (5, Made.Spd(random, n, n), Made.Doubles(random, 5 * n));
        int[] order = [.. Enumerable.Range(0, n)];
        random.Shuffle(order);
        var factor = Factor(h, w, rows, n, order);
        foreach (var k in new[] { 0, n / 3, n - 1, n }.Where(k => k >= 0).Distinct())
        {
            var (actual, single) = (new double[rows * k], new float[rows * (k + 2)]);
            factor.Refit(k, actual, k);
            factor.Refit(k, single, k + 2);
            var expected = LeastSquares.Refit(h, w, rows, n, order[..k]);
            // Condition below 10³ and float64: 1e-11 is a thousand roundings.
            Assert.That(Made.LargestDifference(actual, expected), Is.LessThan(1e-11 * (n + 1)));
            Assert.That(factor.Errors[k], Is.EqualTo(LeastSquares.Error(h, w, rows, n, order[..k])).Within(1e-10 * (1 + factor.Errors[0])));
            for (var r = 0; r < rows; r++)
                for (var i = 0; i < k; i++)
                    Assert.That(single[r * (k + 2) + i], Is.EqualTo((float)actual[r * k + i]));
        }
    }

    [TestCase(1)]
    [TestCase(40)]
    [TestCase(300)]
    public void Weights_and_their_moment_give_the_same_levels(int n)
    {
        var random = Made.Random(700 + n);
        var (rows, h, w) = (5, Made.Spd(random, n, n), Made.Doubles(random, 5 * n));
        int[] order = [.. Enumerable.Range(0, n)];
        random.Shuffle(order);
        var (moment, weights) = (Factor(h, w, rows, n, order), LevelFactor.FromWeights(h, n, n, w, rows, n, order, threads: 0));
        Assert.That(Made.LargestDifference([.. weights.Errors], [.. moment.Errors]), Is.LessThan(1e-10 * (1 + moment.Errors[0])));
        double[] expected = new double[rows * n], actual = new double[rows * n];
        var kept = (n + 1) / 2;
        moment.Refit(kept, expected, n);
        weights.Refit(kept, actual, n);
        Assert.That(Made.LargestDifference(actual, expected), Is.LessThan(1e-11 * (n + 1)));
    }

    [TestCaseSource(nameof(Sizes))]
    [TestCase(64)]
    [TestCase(65)]
    [TestCase(300)]
    public void The_sweep_leaves_the_inverse_of_the_factor(int n)
    {
        var random = Made.Random(800 + n);
        const int rows = 6;
        var (h, w) = (Made.Spd(random, n, n), Made.Doubles(random, rows * n));
        bool[] dead = [.. Enumerable.Range(0, n).Select(j => n > 40 && j % 11 == 3)];
        for (var j = 0; j < n; j++)
            for (var i = 0; i < n && dead[j]; i++)
                (h[i * n + j], h[j * n + i]) = (0, 0);
        // Dead columns are left out by a one on the diagonal, which the sweep never reads.
        var damped = (double[])h.Clone();
        for (var j = 0; j < n; j++)
            damped[j * n + j] += dead[j] ? 1 : 0;
        var inverse = Made.Inverse(damped, n);
        var result = ChannelElimination.Run(inverse, Made.WeightGram(w, rows, n), n, dead, n, threads: 0);
        int[] order = [.. result.Order.Reverse().Where(j => !dead[j])];
        var alive = order.Length;
        for (var row = 0; row < n; row++)
            for (var col = 0; col < n; col++)
                if (row >= alive || col > row)
                    Assert.That(inverse[row * n + col], Is.Zero);
        var moment = Made.Multiply(Transpose.No, Transpose.No, rows, n, n, w, n, h, n);
        double energy = LeastSquares.Energy(h, w, rows, n);
        var swept = LevelFactor.FromInverse(inverse, n, moment, rows, n, n, order, threads: 0, energy);
        var factored = LevelFactor.Create(h, n, n, moment, rows, n, order, threads: 0, energy);
        // Both stand on conditions of a few hundred; 1e-10 of the energy is far above their rounding and far below any real difference.
        Assert.That(Made.LargestDifference([.. swept.Errors], [.. factored.Errors]), Is.LessThanOrEqualTo(1e-10 * (1 + energy)));
        foreach (var k in new[] { 0, alive / 3, alive })
        {
            double[] expected = new double[rows * k], actual = new double[rows * k];
            factored.Refit(k, expected, k);
            swept.Refit(k, actual, k);
            Assert.That(Made.LargestDifference(actual, expected), Is.LessThan(1e-11 * (n + 1)));
        }
    }

    [Test]
    public void Removing_nothing_changes_nothing()
    {
        const int n = 60, rows = 8;
        var random = Made.Random(15);
        var w = Made.Doubles(random, rows * n);
        var factor = Factor(Made.Spd(random, n, n), w, rows, n, [.. Enumerable.Range(0, n)]);
        var refit = new double[rows * n];
        factor.Refit(n, refit, n);
        Assert.That(Made.LargestDifference(refit, w), Is.LessThan(1e-11));
        Assert.That(factor.Errors[n], Is.Zero);
        Assert.That(factor.Errors.Zip(factor.Errors.Skip(1)), Is.All.Matches<(double Fewer, double More)>(pair => pair.Fewer >= pair.More));
    }

    [Test]
    public void Targets_of_another_network_leave_an_error_that_no_column_removes()
    {
        const int n = 12, rows = 3, tokens = 80;
        var random = Made.Random(16);
        var (x, targets) = (Made.Doubles(random, tokens * n), Made.Doubles(random, tokens * rows));
        var h = Made.WeightGram(x, tokens, n);
        var moment = Made.Multiply(Transpose.Yes, Transpose.No, rows, n, tokens, targets, rows, x, n);
        var factor = LevelFactor.Create(h, n, n, moment, rows, n, [.. Enumerable.Range(0, n)], threads: 0, targets.Sum(t => t * t));
        var refit = new double[rows * n];
        factor.Refit(n, refit, n);
        var output = Made.Multiply(Transpose.No, Transpose.Yes, tokens, rows, n, x, n, refit, n);
        Assert.That(factor.Errors[n], Is.EqualTo(output.Zip(targets, (o, t) => (o - t) * (o - t)).Sum()).Within(1e-9));
        Assert.That(factor.Errors[0], Is.EqualTo(targets.Sum(t => t * t)).Within(1e-9));
    }

    [Test]
    public void A_dead_column_may_be_left_out_of_the_order()
    {
        double[] h = [2, 0, 1, 0, 0, 0, 1, 0, 3];
        double[] w = [1, 5, -2];
        Assert.That(() => Factor(h, w, 1, 3, [0, 1, 2]), Throws.TypeOf<NotPositiveDefiniteException>().With.Property("Pivot").EqualTo(1));
        var factor = Factor(h, w, 1, 3, [2, 0]);
        var refit = new double[2];
        factor.Refit(2, refit, 2);
        Assert.That(refit, Is.EqualTo(new[] { -2.0, 1.0 }).Within(1e-14));
        Assert.That(factor.Errors, Has.Count.EqualTo(3));
    }

    [Test]
    public void A_repeated_column_is_refused() => Assert.That(() => Factor([1, 0, 0, 1], [1, 1], 1, 2, [1, 1]), Throws.ArgumentException);

    private static LevelFactor Factor(double[] h, double[] w, int rows, int n, int[] order) =>
        LevelFactor.Create(h, n, n, Made.Multiply(Transpose.No, Transpose.No, rows, n, n, w, n, h, n), rows, n, order, threads: 0);
}
