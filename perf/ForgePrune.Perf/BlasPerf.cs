using ForgePrune.Kernels;
using ForgePrune.Perf.Results;

namespace ForgePrune.Perf;

/// <summary>Our operations against OpenBLAS and, for products, BLIS where it is there; answers compared before anything is timed.</summary>
internal static class BlasPerf
{
    public static IReadOnlyList<PerfRow> Run(CBlas openBlas, CBlas? blis)
    {
        CBlas[] products = blis is null ? [openBlas] : [openBlas, blis];
        foreach (var blas in products)
            Console.WriteLine(blas.Config);
        int[] threadCounts = Environment.ProcessorCount > 1 ? [Environment.ProcessorCount, 1] : [1];
        var rows = new List<PerfRow>();
        foreach (var threads in threadCounts)
        {
            foreach (var blas in products)
                blas.Threads = threads;
            double roof32 = Roof.Measure<float>(threads), roof64 = Roof.Measure<double>(threads);
            Console.WriteLine($"{threads} threads; roof: float32 {roof32:F0} GFLOP/s, float64 {roof64:F0} GFLOP/s");
            SideBySide.Head();
            foreach (var blas in products)
                rows.AddRange(Products(blas, threads, roof32, roof64));
            rows.AddRange(Grams(openBlas, threads, roof32));
            rows.Add(Factors(openBlas, threads, roof64));
        }

        return rows;
    }

    private static IEnumerable<PerfRow> Products(CBlas blas, int threads, double roof32, double roof64)
    {
        const int n = 2048;
        var random = new Random(1);
        float[] a = Made.Floats(random, n * n), b = Made.Floats(random, n * n), ours = new float[n * n], theirs = new float[n * n];
        void Own() => Product.Multiply(Transpose.No, Transpose.No, n, n, n, 1f, a, n, b, n, 0f, ours, n, threads);
        void Other() => blas.Multiply(n, n, n, a, b, theirs);
        Agree(Own, Other, () => Largest(ours, theirs), n * 1e-6);
        yield return SideBySide.Run("product float32 2048 x 2048 x 2048", $"gemm of {blas.Name}", threads, 2.0 * n * n * n, roof32, Own, Other);

        double[] a64 = Array.ConvertAll(a, x => (double)x), b64 = Array.ConvertAll(b, x => (double)x), ours64 = new double[n * n], theirs64 = new double[n * n];
        void Own64() => Product.Multiply(Transpose.No, Transpose.No, n, n, n, 1.0, a64, n, b64, n, 0.0, ours64, n, threads);
        void Other64() => blas.Multiply(n, n, n, a64, b64, theirs64);
        Agree(Own64, Other64, () => Largest(ours64, theirs64), n * 1e-15);
        yield return SideBySide.Run("product float64 2048 x 2048 x 2048", $"gemm of {blas.Name}", threads, 2.0 * n * n * n, roof64, Own64, Other64);
    }

    private static IEnumerable<PerfRow> Grams(CBlas blas, int threads, double roof)
    {
        const int tokens = 8192, cols = 2048;
        var x = Made.Floats(new Random(2), tokens * cols);
        var (ours, theirs) = (new double[cols * cols], new float[cols * cols]);
        // Ours adds to float64 sums, as a stream of texts needs; theirs starts anew.
        void Own() => Gram.Accumulate(x, tokens, cols, cols, ours, cols, threads);
        void Half() => blas.Gram(tokens, cols, x, theirs);
        void Whole() => blas.GramAsProduct(tokens, cols, x, theirs);
        double Difference()
        {
            var largest = 0.0;
            for (var row = 0; row < cols; row++)
                for (var col = 0; col <= row; col++)
                    largest = Math.Max(largest, Math.Abs(ours[row * cols + col] - theirs[row * cols + col]));
            return largest;
        }

        var useful = (double)tokens * cols * (cols + 1);
        Agree(Own, Half, Difference, tokens * 1e-5);
        yield return SideBySide.Run("Gram float32 8192 x 2048", "syrk", threads, useful, roof, Own, Half);
        yield return SideBySide.Run("Gram float32 8192 x 2048", "gemm", threads, useful, roof, Own, Whole);
    }

    private static PerfRow Factors(CBlas blas, int threads, double roof)
    {
        const int n = 4096;
        var x = Made.Floats(new Random(3), 2 * n * n);
        var spd = new double[n * n];
        Gram.Accumulate(x, 2 * n, n, n, spd, n, threads: 0);
        double[] ours = new double[n * n], theirs = new double[n * n];
        void Own()
        {
            spd.CopyTo(ours, 0);
            if (Cholesky.Factor(ours, n, n, threads) >= 0)
                throw new InvalidOperationException("The made Gram has no factor.");
        }

        void Other()
        {
            spd.CopyTo(theirs, 0);
            blas.Cholesky(n, theirs);
        }

        double Difference()
        {
            var largest = 0.0;
            for (var row = 0; row < n; row++)
                for (var col = 0; col <= row; col++)
                    largest = Math.Max(largest, Math.Abs(ours[row * n + col] - theirs[row * n + col]));
            return largest;
        }

        Agree(Own, Other, Difference, 1e-9);
        return SideBySide.Run("Cholesky float64 4096 with a copy", "potrf", threads, Math.Pow(n, 3) / 3, roof, Own, Other);
    }

    private static void Agree(Action ours, Action theirs, Func<double> difference, double allowed)
    {
        ours();
        theirs();
        if (difference() is var found && !(found <= allowed))
            throw new InvalidOperationException($"The two answers differ by {found} where {allowed} is allowed.");
    }

    private static double Largest(float[] a, float[] b) => Enumerable.Range(0, a.Length).Max(i => Math.Abs((double)a[i] - b[i]));

    private static double Largest(double[] a, double[] b) => Enumerable.Range(0, a.Length).Max(i => Math.Abs(a[i] - b[i]));
}
