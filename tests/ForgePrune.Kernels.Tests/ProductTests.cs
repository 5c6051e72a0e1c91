using System.Numerics;
using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests;

public sealed unsafe class ProductTests
{
    // |x| ≤ 1, so a sum of k products is bounded by k and its rounding by about k·ε·√k; k·ε·(k + 4) is never exceeded by correct code.
    private static double Tolerance(int k, double epsilon) => epsilon * (k + 4) * Math.Max(1, k);

    private static readonly Transpose[] Forms = [Transpose.No, Transpose.Yes];

    [Test]
    [Category("Slow")]
    public void Equals_the_formula_for_every_small_size_form_and_stride([ValueSource(nameof(Forms))] Transpose transposeA,
        [ValueSource(nameof(Forms))] Transpose transposeB)
    {
        var random = Made.Random(11);
        for (var m = 0; m <= 40; m++)
            for (var n = 0; n <= 40; n += 1 + m % 3)
                Check(random, transposeA, transposeB, m, n, random.Next(41), random.Next(1, 4));
    }

    [TestCase(121, 513, 257)]
    [TestCase(300, 4097, 20)]
    [TestCase(95, 191, 255)]
    [TestCase(96, 192, 256)]
    [TestCase(97, 193, 257)]
    [TestCase(4225, 9, 3)]
    [TestCase(9, 4225, 3)]
    [TestCase(1, 700, 600)]
    [TestCase(700, 1, 600)]
    [TestCase(250, 130, 1030)]
    [Category("Slow")]
    public void Equals_the_formula_across_block_edges(int m, int n, int k)
    {
        var random = Made.Random(m + n + k);
        foreach (var transposeA in Forms)
            foreach (var transposeB in Forms)
                Check(random, transposeA, transposeB, m, n, k, 5);
    }

    [TestCase(0, 3)]
    [TestCase(1, 3)]
    [TestCase(97, 257)]
    [TestCase(193, 5)]
    [TestCase(4224, 1)]
    [TestCase(4225, 1)]
    public void The_lower_half_alone_is_touched_where_only_it_is_asked_for(int n, int k)
    {
        var random = Made.Random(n + k);
        double[] a = Made.Doubles(random, n * k), b = Made.Doubles(random, k * n), c = new double[n * n];
        fixed (double* pa = a, pb = b, pc = c)
            Product.Add(Transpose.No, Transpose.No, n, n, k, -1.0, pa, k, pb, n, pc, n, 2, lower: true);
        var largest = 0.0;
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
            {
                var sum = 0.0;
                for (var d = 0; d < k && j <= i; d++)
                    sum -= a[i * k + d] * b[d * n + j];
                largest = Math.Max(largest, j <= i ? Math.Abs(c[i * n + j] - sum) : c[i * n + j] == 0 ? 0 : double.PositiveInfinity);
            }
        Assert.That(largest, Is.LessThanOrEqualTo(Tolerance(k, Made.DoubleEpsilon)));
    }

    [Test]
    public void Each_micro_kernel_equals_the_formula()
    {
        var random = Made.Random(5);
        foreach (var (m, n, k) in new[] { (1, 1, 1), (12, 32, 7), (13, 33, 300), (29, 70, 64) })
        {
            CheckKernel<double, MicroKernel512<double>>(random, m, n, k);
            CheckKernel<double, MicroKernelPortable<double>>(random, m, n, k);
            CheckKernel<float, MicroKernel512<float>>(random, m, n, k);
            CheckKernel<float, MicroKernelPortable<float>>(random, m, n, k);
        }
    }

    [Test]
    public void Is_the_same_for_every_number_of_threads()
    {
        var random = Made.Random(3);
        const int m = 260, n = 530, k = 300;
        var (a, b) = (Made.Doubles(random, m * k), Made.Doubles(random, k * n));
        var results = new[] { 1, 2, 3, 7 }.Select(threads =>
        {
            var c = new double[m * n];
            Product.Multiply(Transpose.No, Transpose.No, m, n, k, 1.0, a, k, b, n, 0, c, n, threads);
            return c;
        }).ToList();
        Assert.That(results.Skip(1).All(c => c.AsSpan().SequenceEqual(results[0])));
    }

    [Test]
    public void Beta_zero_does_not_read_what_was_there()
    {
        var c = new[] { double.NaN, double.PositiveInfinity };
        Product.Multiply(Transpose.No, Transpose.No, 1, 2, 1, 1.0, new[] { 2.0 }, 1, new[] { 3.0, 4.0 }, 2, 0, c, 2, threads: 0);
        Assert.That(c, Is.EqualTo(new[] { 6.0, 8.0 }));
    }

    [Test]
    public void Depth_zero_only_scales()
    {
        var c = new[] { 3f, 5f };
        Product.Multiply(Transpose.No, Transpose.No, 1, 2, 0, 1f, default, 0, default, 2, 2f, c, 2, threads: 0);
        Assert.That(c, Is.EqualTo(new[] { 6f, 10f }));
    }

    [Test]
    public void A_span_too_short_is_refused_with_its_name() =>
        Assert.That(() => Product.Multiply(Transpose.No, Transpose.No, 2, 2, 2, 1.0, new double[3], 2, new double[4], 2, 0, new double[4], 2, threads: 0),
            Throws.ArgumentException.With.Message.Contains("a holds 3 elements, too few for 2 x 2 with stride 2"));

    [Test]
    public void A_stride_below_the_columns_is_refused() =>
        Assert.That(() => Product.Multiply(Transpose.No, Transpose.No, 2, 2, 2, 1.0, new double[4], 1, new double[4], 2, 0, new double[4], 2, threads: 0),
            Throws.ArgumentException);

    private static void Check(Random random, Transpose transposeA, Transpose transposeB, int m, int n, int k, int extra)
    {
        int aRows = transposeA == Transpose.No ? m : k, aStride = (transposeA == Transpose.No ? k : m) + extra;
        int bRows = transposeB == Transpose.No ? k : n, bStride = (transposeB == Transpose.No ? n : k) + extra, cStride = n + extra;
        var (a, b, c) = (Made.Doubles(random, aRows * aStride), Made.Doubles(random, bRows * bStride), Made.Doubles(random, m * cStride));
        var expected = (double[])c.Clone();
        ProductReference.Multiply<double>(transposeA, transposeB, m, n, k, -0.75, a, aStride, b, bStride, 0.5, expected, cStride);
        var actual = (double[])c.Clone();
        Product.Multiply(transposeA, transposeB, m, n, k, -0.75, a, aStride, b, bStride, 0.5, actual, cStride, threads: 0);
        // What lies between the rows of C is not scaled by the reference either, so the whole arrays must agree.
        Assert.That(Made.LargestDifference(actual, expected), Is.LessThanOrEqualTo(Tolerance(k, Made.DoubleEpsilon)), $"{transposeA} {transposeB} {m} {n} {k}");

        float[] single = [.. c.Select(x => (float)x)], fa = [.. a.Select(x => (float)x)], fb = [.. b.Select(x => (float)x)];
        expected = [.. single.Select(x => (double)x)];
        ProductReference.Multiply<float>(transposeA, transposeB, m, n, k, -0.75, fa, aStride, fb, bStride, 0.5, expected, cStride);
        Product.Multiply(transposeA, transposeB, m, n, k, -0.75f, fa, aStride, fb, bStride, 0.5f, single, cStride, threads: 0);
        Assert.That(Made.LargestDifference([.. single.Select(x => (double)x)], expected), Is.LessThanOrEqualTo(Tolerance(k, Made.FloatEpsilon)),
            $"{transposeA} {transposeB} {m} {n} {k}");
    }

    private static void CheckKernel<T, TKernel>(Random random, int m, int n, int k) where T : unmanaged, INumber<T> where TKernel : struct, IMicroKernel<T>
    {
        T[] a = [.. Made.Floats(random, m * k).Select(T.CreateChecked)], b = [.. Made.Floats(random, k * n).Select(T.CreateChecked)];
        var (actual, expected) = (new T[m * n], new double[m * n]);
        ProductReference.Multiply<T>(Transpose.No, Transpose.No, m, n, k, 1, a, k, b, n, 0, expected, n);
        fixed (T* pa = a, pb = b, pc = actual)
            PackedProduct.Run<T, ScaledTarget<T>, TKernel>(m, n, k, Lanes<T>.Left(pa, k, Transpose.No), Lanes<T>.Right(pb, n, Transpose.No),
                new ScaledTarget<T>(pc, n, T.One), lower: false, threads: 1);
        var epsilon = typeof(T) == typeof(float) ? Made.FloatEpsilon : Made.DoubleEpsilon;
        Assert.That(Made.LargestDifference([.. actual.Select(double.CreateChecked)], expected), Is.LessThanOrEqualTo(Tolerance(k, epsilon)),
            typeof(TKernel).Name);
    }
}
