using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests;

public sealed class SparsityTests
{
    private static readonly SparsityPattern Half = SparsityPattern.Unstructured(0.5), TwoOfFour = SparsityPattern.NofM(2, 4);

    private static readonly SparsityPattern[] Patterns =
        [Half, SparsityPattern.Unstructured(0), SparsityPattern.Unstructured(0.37), SparsityPattern.Unstructured(1), TwoOfFour, SparsityPattern.NofM(1, 8),
            SparsityPattern.NofM(9, 16)];

    // Several strips, and bundles of rows that do not come out even.
    private static IEnumerable<(int Rows, int Cols)> Shapes => [(0, 0), (0, 16), (1, 0), (1, 16), (3, 48), (9, 128), (11, 144), (5, 272)];

    [TestCaseSource(nameof(Patterns))]
    [Category("Slow")]
    public void It_equals_elimination_step_by_step(SparsityPattern pattern)
    {
        foreach (var (rows, cols) in Shapes)
        {
            var random = Made.Random(rows + (1000 * cols));
            var (w, stride, h) = (Made.Floats(random, rows * (cols + 3)), cols + 3, Made.Spd(random, cols, cols));
            var actual = SparseGpt.Run(w, rows, cols, stride, pattern, Factor(h, cols), threads: 0);
            var expected = SparseGptReference.Run(w, rows, cols, stride, pattern, Made.Inverse(h, cols));
            Assert.That(actual.Select(x => x == 0), Is.EqualTo(expected.Select(x => x == 0)), "the same weights go");
            // Both sum in float64 over a condition number of hundreds; what is left is the rounding to float32 of values below 10.
            Assert.That(Made.LargestDifference([.. actual.Select(x => (double)x)], expected), Is.LessThan(10 * Made.FloatEpsilon));
        }
    }

    /// <summary>One row, one weight: among all single removals, each with the best new weights to its right found by least squares, it makes the
    /// cheapest. Where that is the first column, it is optimal brain surgery: w − w_q · P_:,q / P_qq.</summary>
    [Test]
    public void One_weight_of_one_row_is_the_cheapest_and_its_loss_is_made_good_as_well_as_can_be()
    {
        const int cols = 6;
        var first = 0;
        for (var seed = 0; seed < 60; seed++)
        {
            var random = Made.Random(seed);
            var (w, h) = (Made.Floats(random, cols), Made.Spd(random, cols, cols));
            double[][] choices = [.. Enumerable.Range(0, cols).Select(q => WithoutOne(w, h, q))];
            var best = Enumerable.Range(0, cols).MinBy(q => SparseGptReference.Error(w, choices[q], cols, h));
            double[] actual = [.. SparseGpt.Run(w, 1, cols, cols, SparsityPattern.Unstructured(1.0 / cols), Factor(h, cols), threads: 0)
                .Select(x => (double)x)];
            Assert.That(Made.LargestDifference(actual, choices[best]), Is.LessThan(10 * Made.FloatEpsilon), $"column {best}");
            if (best != 0)
                continue;
            first++;
            var p = Made.Inverse(h, cols);
            for (var k = 1; k < cols; k++)
                Assert.That(actual[k], Is.EqualTo(w[k] - (w[0] * p[k] / p[0])).Within(10 * Made.FloatEpsilon));
        }
        Assert.That(first, Is.GreaterThan(3), "the first column was the cheapest sometimes");
    }

    /// <summary>All masks with half of eight weights, each with the best weights there are: nothing can beat the best. SparseGPT chooses in one go and
    /// repairs to the right only, so it need not be near.</summary>
    [Test]
    public void It_lies_between_the_best_of_all_masks_and_magnitude()
    {
        const int cols = 8, seeds = 40;
        double best = 0, made = 0, magnitude = 0;
        for (var seed = 0; seed < seeds; seed++)
        {
            var random = Made.Random(300 + seed);
            var (w, h) = (Made.Floats(random, cols), Made.Spd(random, cols, cols));
            best += Enumerable.Range(0, 1 << cols).Where(mask => int.PopCount(mask) == cols / 2)
                .Min(mask => SparseGptReference.Error(w, Refitted(w, h, q => (mask >> q & 1) == 1), cols, h));
            made += Error(w, SparseGpt.Run(w, 1, cols, cols, Half, Factor(h, cols), threads: 0), cols, h);
            magnitude += Error(w, Magnitude(w, Half), cols, h);
        }
        TestContext.Out.WriteLine($"best {best:0.0000}, SparseGPT {made:0.0000}, magnitude {magnitude:0.0000}");
        Assert.That(made, Is.GreaterThanOrEqualTo(best * (1 - 1e-6)).And.LessThan(magnitude));
    }

    [Test]
    public void It_errs_less_than_magnitude([Values(false, true)] bool groups)
    {
        const int rows = 16, cols = 160;
        var pattern = groups ? TwoOfFour : Half;
        for (var seed = 0; seed < 4; seed++)
        {
            var random = Made.Random(50 + seed);
            var (w, h) = (Made.Floats(random, rows * cols), Made.Spd(random, cols, cols));
            var (made, magnitude) = (Error(w, SparseGpt.Run(w, rows, cols, cols, pattern, Factor(h, cols), threads: 0), cols, h),
                Error(w, Magnitude(w, pattern), cols, h));
            TestContext.Out.WriteLine($"error: {made / magnitude:0.000} of magnitude's");
            Assert.That(made, Is.LessThan(magnitude));
        }
    }

    [Test]
    public void Groups_hold_exactly()
    {
        const int rows = 21, cols = 260;
        var random = Made.Random(7);
        var sparse = SparseGpt.Run(Made.Floats(random, rows * cols), rows, cols, cols, TwoOfFour, Factor(Made.Spd(random, cols, cols), cols), threads: 0);
        Assert.That(sparse.Chunk(4).Select(group => group.Count(x => x == 0)), Is.All.EqualTo(2));
    }

    [TestCase(0.5)]
    [TestCase(0.123)]
    public void The_share_holds_to_a_weight(double removed)
    {
        const int rows = 7, cols = 300;
        var random = Made.Random(8);
        var sparse = SparseGpt.Run(Made.Floats(random, rows * cols), rows, cols, cols, SparsityPattern.Unstructured(removed),
            Factor(Made.Spd(random, cols, cols), cols), threads: 0);
        Assert.That(sparse.Count(x => x == 0), Is.EqualTo((int)Math.Round(removed * rows * cols)));
    }

    [Test]
    public void Where_inputs_are_independent_and_alike_it_is_magnitude([Values(false, true)] bool groups)
    {
        const int rows = 6, cols = 128;
        var w = Made.Floats(Made.Random(4), rows * cols);
        var identity = new double[cols * cols];
        for (var i = 0; i < cols; i++)
            identity[i * cols + i] = 1;
        var pattern = groups ? TwoOfFour : Half;
        Assert.That(SparseGpt.Run(w, rows, cols, cols, pattern, Factor(identity, cols), threads: 0), Is.EqualTo(Magnitude(w, pattern).Select(x => (float)x)));
    }

    [Test]
    public void Threads_and_strides_change_nothing()
    {
        const int rows = 45, cols = 200;
        var random = Made.Random(9);
        var (w, h) = (Made.Floats(random, rows * cols), Made.Spd(random, cols, cols));
        var spread = new float[rows * (cols + 5)];
        for (var row = 0; row < rows; row++)
            w.AsSpan(row * cols, cols).CopyTo(spread.AsSpan(row * (cols + 5)));
        foreach (var pattern in new[] { Half, TwoOfFour })
        {
            var expected = SparseGpt.Run(w, rows, cols, cols, pattern, Factor(h, cols), threads: 1);
            foreach (var threads in new[] { 2, 5 })
                Assert.That(SparseGpt.Run(spread, rows, cols, cols + 5, pattern, Factor(h, cols), threads), Is.EqualTo(expected));
        }
    }

    [Test]
    public void Of_equal_scores_the_first_go() =>
        Assert.That(SparseGpt.Run([1, -1, 1, 1], 2, 2, 2, Half, Factor([1, 0, 0, 1], 2), threads: 0), Is.EqualTo(new float[] { 0, 0, 1, 1 }));

    [Test]
    public void What_cannot_be_is_said()
    {
        Assert.That(() => SparsityPattern.Unstructured(1.5), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => SparsityPattern.Unstructured(double.NaN), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => SparsityPattern.NofM(2, 6), Throws.ArgumentException);
        Assert.That(() => SparsityPattern.NofM(4, 4), Throws.ArgumentException);
        Assert.That(() => SparsityPattern.NofM(4, 256), Throws.ArgumentException);
        Assert.That(() => SparseGpt.Run([1, 1, 1], 1, 3, 3, Half, Factor([1, 0, 0, 1], 2), threads: 0), Throws.ArgumentException);
        Assert.That(() => SparseGpt.Run([1, 1], 1, 2, 2, TwoOfFour, Factor([1, 0, 0, 1], 2), threads: 0), Throws.ArgumentException);
        foreach (var bad in new[] { float.NaN, float.NegativeInfinity })
            Assert.That(() => SparseGpt.Run([1, bad], 1, 2, 2, Half, Factor([1, 0, 0, 1], 2), threads: 0), Throws.InstanceOf<ArithmeticException>());
    }

    private static InverseFactor Factor(double[] h, int cols) => InverseFactor.Of((double[])h.Clone(), cols, threads: 0);

    private static double Error(float[] before, IEnumerable<float> after, int cols, double[] h) =>
        SparseGptReference.Error(before, [.. after.Select(x => (double)x)], cols, h);

    private static double Error(float[] before, double[] after, int cols, double[] h) => SparseGptReference.Error(before, after, cols, h);

    /// <summary>The best weights where column q is zero and those before it stay what they are.</summary>
    private static double[] WithoutOne(float[] w, double[] h, int q)
    {
        var tail = w.Length - q;
        var part = new double[tail * tail];
        for (var i = 0; i < tail; i++)
            for (var k = 0; k < tail; k++)
                part[i * tail + k] = h[(q + i) * w.Length + q + k];
        return [.. w[..q].Select(x => (double)x), .. Refitted(w[q..], part, col => col > 0)];
    }

    /// <summary>The least error there is with zeros outside of the kept: H_KK v_K = (H w)_K.</summary>
    private static double[] Refitted(float[] w, double[] h, Func<int, bool> keeps)
    {
        var n = w.Length;
        int[] kept = [.. Enumerable.Range(0, n).Where(keeps)];
        var (part, target) = (new double[kept.Length * kept.Length], new double[kept.Length]);
        for (var i = 0; i < kept.Length; i++)
        {
            for (var k = 0; k < kept.Length; k++)
                part[i * kept.Length + k] = h[kept[i] * n + kept[k]];
            for (var k = 0; k < n; k++)
                target[i] += h[kept[i] * n + k] * w[k];
        }
        var (inverse, result) = (Made.Inverse(part, kept.Length), new double[n]);
        for (var i = 0; i < kept.Length; i++)
            for (var k = 0; k < kept.Length; k++)
                result[kept[i]] += inverse[i * kept.Length + k] * target[k];
        return result;
    }

    /// <summary>The smallest weights go, the others stay as they are.</summary>
    private static double[] Magnitude(float[] w, SparsityPattern pattern)
    {
        double[] result = [.. w.Select(x => (double)x)];
        foreach (var part in Enumerable.Range(0, w.Length).Chunk(pattern.HasGroups ? pattern.Group : w.Length))
            foreach (var place in part.OrderBy(place => Math.Abs(w[place])).Take((int)Math.Round(part.Length * pattern.Removed)))
                result[place] = 0;
        return result;
    }
}
