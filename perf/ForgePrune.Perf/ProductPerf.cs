using System.Diagnostics;
using ForgePrune.Kernels;

namespace ForgePrune.Perf;

/// <summary>Products and Grams in GFLOP/s and as a share of the measured roof.</summary>
internal static class ProductPerf
{
    // The least of many short runs: what the machine can do when nobody else asks for it.
    private const int Repeats = 9;

    public static void Run()
    {
        double roof32 = Roof.Measure<float>(), roof64 = Roof.Measure<double>();
        Console.WriteLine($"roof: float32 {roof32:F0} GFLOP/s, float64 {roof64:F0} GFLOP/s");
        foreach (var (transposeA, transposeB) in new[] { (Transpose.No, Transpose.No), (Transpose.No, Transpose.Yes), (Transpose.Yes, Transpose.No) })
            foreach (var (m, n, k) in new[] { (1024, 1024, 1024), (2048, 2048, 2048), (4096, 4096, 64) })
            {
                Single(transposeA, transposeB, m, n, k, roof32);
                Double(transposeA, transposeB, m, n, k, roof64);
            }
        foreach (var (tokens, cols) in new[] { (2048, 1024), (2048, 4096) })
            GramOf(tokens, cols, roof32);
    }

    private static void Single(Transpose transposeA, Transpose transposeB, int m, int n, int k, double roof)
    {
        var random = new Random(1);
        float[] a = Made.Floats(random, m * k), b = Made.Floats(random, k * n), c = new float[m * n];
        void Multiply(float beta) =>
            Product.Multiply(transposeA, transposeB, m, n, k, 1f, a, transposeA == Transpose.No ? k : m, b, transposeB == Transpose.No ? n : k, beta, c, n,
                threads: 0);
        Multiply(0);
        Check((i, j) => c[i * n + j], (i, d) => transposeA == Transpose.No ? a[i * k + d] : a[d * m + i],
            (d, j) => transposeB == Transpose.No ? b[d * n + j] : b[j * k + d], m, n, k, 1e-6);
        Report($"float32 {Name(transposeA)}{Name(transposeB)} {m} x {n} x {k}", 2.0 * m * n * k, Time(() => Multiply(1)), roof);
    }

    private static void Double(Transpose transposeA, Transpose transposeB, int m, int n, int k, double roof)
    {
        var random = new Random(2);
        double[] a = Made.Doubles(random, m * k), b = Made.Doubles(random, k * n), c = new double[m * n];
        void Multiply(double beta) =>
            Product.Multiply(transposeA, transposeB, m, n, k, 1.0, a, transposeA == Transpose.No ? k : m, b, transposeB == Transpose.No ? n : k, beta, c, n,
                threads: 0);
        Multiply(0);
        Check((i, j) => c[i * n + j], (i, d) => transposeA == Transpose.No ? a[i * k + d] : a[d * m + i],
            (d, j) => transposeB == Transpose.No ? b[d * n + j] : b[j * k + d], m, n, k, 1e-14);
        Report($"float64 {Name(transposeA)}{Name(transposeB)} {m} x {n} x {k}", 2.0 * m * n * k, Time(() => Multiply(1)), roof);
    }

    private static void GramOf(int tokens, int cols, double roof)
    {
        var x = Made.Floats(new Random(3), tokens * cols);
        var gram = new double[cols * cols];
        Gram.Accumulate(x, tokens, cols, cols, gram, cols, threads: 0);
        Check((i, j) => gram[i * cols + j], (i, d) => x[d * cols + i], (d, j) => x[d * cols + j], cols, cols, tokens, 1e-6);
        Report($"Gram of {tokens} tokens x {cols} (half the products)", (double)tokens * cols * (cols + 1),
            Time(() => Gram.Accumulate(x, tokens, cols, cols, gram, cols, threads: 0)), roof);
    }

    /// <summary>Compares a thousand elements with their float64 sums before anything is timed.</summary>
    private static void Check(Func<int, int, double> c, Func<int, int, double> a, Func<int, int, double> b, int m, int n, int k, double epsilon)
    {
        var random = new Random(4);
        for (var sample = 0; sample < 1000; sample++)
        {
            var (i, j) = (random.Next(m), random.Next(n));
            var sum = 0.0;
            for (var d = 0; d < k; d++)
                sum += a(i, d) * b(d, j);
            if (!(Math.Abs(sum - c(i, j)) <= epsilon * k))
                throw new InvalidOperationException($"Element ({i}, {j}) is {c(i, j)}, its sum {sum}.");
        }
    }

    private static double Time(Action action) => Enumerable.Range(0, Repeats).Min(_ =>
    {
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalSeconds;
    });

    private static void Report(string what, double operations, double seconds, double roof) =>
        Console.WriteLine($"{what,-48} {seconds * 1e3,9:F2} ms {operations / seconds / 1e9,8:F1} GFLOP/s {operations / seconds / 1e9 / roof,6:P0} of the roof");

    private static string Name(Transpose transpose) => transpose == Transpose.No ? "N" : "T";
}
