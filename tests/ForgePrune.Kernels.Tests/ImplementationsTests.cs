namespace ForgePrune.Kernels.Tests;

public sealed unsafe class ImplementationsTests
{
    private static IEnumerable<Implementation> Supported => Implementations.All.Where(one => one.IsSupported);

    [Test]
    public void The_best_one_of_the_machine_runs_unless_another_is_named()
    {
        Assert.That(Implementations.Choose(null), Is.SameAs(Supported.First()));
        Assert.That(Implementations.Choose(""), Is.SameAs(Supported.First()));
        foreach (var one in Supported)
            Assert.That(Implementations.Choose(one.Name), Is.SameAs(one));
        Assert.That(Implementations.All.Select(one => one.Name), Is.Unique);
    }

    [Test]
    public void A_name_that_is_not_in_the_table_is_refused_with_those_that_are() =>
        Assert.That(() => Implementations.Choose("mmx"), Throws.TypeOf<UnknownImplementationException>().With.Message.Contains("'mmx'")
            .And.Message.Contains(Supported.First().Name));

    [Test]
    public void One_that_the_machine_lacks_is_refused_with_what_it_needs()
    {
        foreach (var one in Implementations.All.Where(one => !one.IsSupported))
            Assert.That(() => Implementations.Choose(one.Name), Throws.TypeOf<UnknownImplementationException>().With.Message.Contains(one.Needs));
        Assert.That(Supported, Is.Not.Empty);
    }

    [TestCaseSource(nameof(Supported))]
    public void Each_one_multiplies(Implementation implementation)
    {
        const int m = 29, n = 70, k = 300;
        var random = Made.Random(11);
        var (a, b, c) = (Made.Doubles(random, m * k), Made.Doubles(random, k * n), new double[m * n]);
        fixed (double* pa = a, pb = b, pc = c)
            implementation.Product(m, n, k, Lanes<double>.Left(pa, k, Transpose.No), Lanes<double>.Right(pb, n, Transpose.No),
                new ScaledTarget<double>(pc, n, 1), lower: false, threads: 2);
        var worst = 0.0;
        for (var i = 0; i < m; i++)
            for (var j = 0; j < n; j++)
            {
                var (sum, scale) = (0.0, 0.0);
                for (var d = 0; d < k; d++)
                {
                    sum += a[i * k + d] * b[d * n + j];
                    scale += Math.Abs(a[i * k + d] * b[d * n + j]);
                }
                worst = Math.Max(worst, Math.Abs(c[i * n + j] - sum) / scale);
            }
        // Both sums have k terms in another order: k ε of the sum of absolute terms bounds each.
        Assert.That(worst, Is.LessThanOrEqualTo(2 * k * Made.DoubleEpsilon));
    }

    [TestCaseSource(nameof(Supported))]
    public void Each_one_substitutes(Implementation implementation)
    {
        const int lanes = 64, depth = 5;
        var random = Made.Random(12);
        var (x, factors) = (Made.Doubles(random, (depth + 1) * lanes), Made.Doubles(random, depth));
        const double pivot = 1.75;
        var expected = Enumerable.Range(0, lanes).Select(lane =>
            (x[depth * lanes + lane] - Enumerable.Range(0, depth).Sum(i => factors[i] * x[i * lanes + lane])) / pivot).ToArray();
        fixed (double* px = x, pf = factors)
            implementation.Substitute(px, depth, pf, 1, 0, depth, pivot);
        // Six terms of at most 1 in size.
        Assert.That(x[(depth * lanes)..], Is.EqualTo(expected).Within(12 * Made.DoubleEpsilon));
    }
}
