using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests;

public sealed class FactorTests
{
    // Backward error of Cholesky and of a solve is n·ε relative to the matrix; the made matrices have entries near 1 and condition below 10³.
    private static double Tolerance(int n, double condition = 1) => 8 * Made.DoubleEpsilon * (n + 1) * condition;

    private static IEnumerable<int> Sizes => [.. Enumerable.Range(0, 41), 63, 64, 65, 97, 127, 128, 129, 201, 300];

    [TestCaseSource(nameof(Sizes))]
    [Category("Slow")]
    public void Factor_times_its_transpose_is_the_matrix(int n)
    {
        var random = Made.Random(n);
        var stride = n + n % 4;
        var a = Made.Spd(random, n, stride);
        var l = (double[])a.Clone();
        Assert.That(Cholesky.Factor(l, n, stride, threads: 0), Is.EqualTo(-1));
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var sum = 0.0;
                for (var d = 0; d <= j; d++)
                    sum += l[i * stride + d] * l[j * stride + d];
                Assert.That(sum, Is.EqualTo(a[i * stride + j]).Within(Tolerance(n)));
            }
            for (var j = i + 1; j < n; j++)
                Assert.That(l[i * stride + j], Is.EqualTo(a[i * stride + j]), "above the diagonal");
        }
    }

    [TestCase(40, 0)]
    [TestCase(40, 39)]
    [TestCase(150, 33)]
    [TestCase(150, 140)]
    public void The_first_bad_pivot_is_named(int n, int bad)
    {
        foreach (var value in new[] { 0.0, -1.0, double.NaN, double.PositiveInfinity })
        {
            var a = Made.Spd(Made.Random(n), n, n);
            a[bad * n + bad] = value;
            Assert.That(Cholesky.Factor(a, n, n, threads: 0), Is.EqualTo(bad), $"{value}");
        }
    }

    [TestCaseSource(nameof(Sizes))]
    [Category("Slow")]
    public void Solves_equal_substitution(int n)
    {
        var random = Made.Random(100 + n);
        var l = Made.Spd(random, n, n + 1);
        Cholesky.Factor(l, n, n + 1, threads: 0);
        foreach (var m in new[] { 0, 1, 7, 33, n })
        {
            var b = Made.Doubles(random, n * (m + 2));
            double[] actual = (double[])b.Clone(), expected = (double[])b.Clone();
            TriangularSolve.Lower(l, n, n + 1, actual, m, m + 2, threads: 0);
            TriangularSolveReference.Lower(l, n, n + 1, expected, m, m + 2);
            Assert.That(Made.LargestDifference(actual, expected), Is.LessThanOrEqualTo(Tolerance(n, 1e3)));
            TriangularSolve.LowerTransposed(l, n, n + 1, actual, m, m + 2, threads: 0);
            TriangularSolveReference.LowerTransposed(l, n, n + 1, expected, m, m + 2);
            Assert.That(Made.LargestDifference(actual, expected), Is.LessThanOrEqualTo(Tolerance(n, 1e3)));
        }
    }

    [TestCaseSource(nameof(Sizes))]
    [Category("Slow")]
    public void Inverse_times_the_matrix_is_the_identity(int n)
    {
        var random = Made.Random(200 + n);
        var stride = n + 3;
        var a = Made.Spd(random, n, stride);
        var inverse = (double[])a.Clone();
        Cholesky.Factor(inverse, n, stride, threads: 0);
        SpdInverse.FromFactor(inverse, n, stride, threads: 0);
        var product = Made.Multiply(Transpose.No, Transpose.No, n, n, n, a, stride, inverse, stride);
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
            {
                Assert.That(product[i * n + j], Is.EqualTo(i == j ? 1.0 : 0.0).Within(Tolerance(n, 1e3)));
                Assert.That(inverse[i * stride + j], Is.EqualTo(inverse[j * stride + i]));
            }
    }

    [Test]
    [Category("Slow")]
    public void Factor_and_inverse_are_the_same_for_every_number_of_threads()
    {
        const int n = 400;
        var a = Made.Spd(Made.Random(4), n, n);
        var results = new[] { 1, 2, 5 }.Select(threads =>
        {
            var x = (double[])a.Clone();
            Cholesky.Factor(x, n, n, threads);
            SpdInverse.FromFactor(x, n, n, threads);
            return x;
        }).ToList();
        Assert.That(results.Skip(1).All(x => x.AsSpan().SequenceEqual(results[0])));
    }
}
