using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests;

/// <summary>Made inputs from printed seeds, and the tolerance they are compared with.</summary>
internal static class Made
{
    public const double DoubleEpsilon = 2.220446049250313e-16;
    public const double FloatEpsilon = 1.1920928955078125e-7;

    public static Random Random(int seed)
    {
        TestContext.Out.WriteLine($"seed {seed}");
        return new Random(seed);
    }

    public static double[] Doubles(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() * 2 - 1)];

    public static float[] Floats(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1))];

    /// <summary>XᵀX / tokens + damping · I with correlated columns: condition number of a few hundred, as a damped Gram has.</summary>
    public static double[] Spd(Random random, int n, int stride, double damping = 0.01)
    {
        var tokens = 2 * n + 3;
        var x = Doubles(random, tokens * n);
        for (var t = 0; t < tokens; t++)
            for (var j = 1; j < n; j++)
                x[t * n + j] += 0.6 * x[t * n + j - 1];
        var a = new double[Math.Max(1, n * stride)];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
            {
                for (var t = 0; t < tokens; t++)
                    a[i * stride + j] += x[t * n + i] * x[t * n + j] / tokens;
                a[i * stride + j] += i == j ? damping : 0;
            }
        return a;
    }

    public static double[] Inverse(double[] spd, int n)
    {
        var inverse = (double[])spd.Clone();
        Assert.That(CholeskyReference.Factor(inverse, n, n), Is.EqualTo(-1));
        var result = new double[n * n];
        for (var i = 0; i < n; i++)
            result[i * n + i] = 1;
        TriangularSolveReference.Lower(inverse, n, n, result, n, n);
        TriangularSolveReference.LowerTransposed(inverse, n, n, result, n, n);
        return result;
    }

    public static double[] Multiply(Transpose transposeA, Transpose transposeB, int m, int n, int k, double[] a, int aStride, double[] b, int bStride)
    {
        var c = new double[m * n];
        ProductReference.Multiply<double>(transposeA, transposeB, m, n, k, 1, a, aStride, b, bStride, 0, c, n);
        return c;
    }

    /// <summary>WᵀW for W (rows × n).</summary>
    public static double[] WeightGram(double[] weights, int rows, int n) =>
        Multiply(Transpose.Yes, Transpose.No, n, n, rows, weights, n, weights, n);

    public static double LargestDifference(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        Assert.That(x.Length, Is.EqualTo(y.Length));
        var largest = 0.0;
        for (var i = 0; i < x.Length; i++)
            largest = double.IsNaN(x[i]) || double.IsNaN(y[i]) ? double.NaN : Math.Max(largest, Math.Abs(x[i] - y[i]));
        return largest;
    }
}
