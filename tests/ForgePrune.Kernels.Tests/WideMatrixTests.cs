using System.Diagnostics;

namespace ForgePrune.Kernels.Tests;

/// <summary>A contiguous matrix of more than 46,340 columns, every element of its lower half in memory. It takes 8 GiB and a minute, so that it is made where
/// FORGEPRUNE_WIDE_MATRIX is set.</summary>
[Category("Slow")]
public sealed unsafe class WideMatrixTests
{
    // More than √2³¹, and no whole number of tiles; (N² = 2,148,532,609 elements.)
    private const int N = 46353, Tokens = 5, Sides = 2, Samples = 200_000;

    private const long Needed = 11L << 30;

    [Test]
    public void Lower_gram_and_triangular_solves_of_46_353_columns()
    {
        if (Environment.GetEnvironmentVariable("FORGEPRUNE_WIDE_MATRIX") is not { Length: > 0 })
            Assert.Ignore("takes 8 GiB: set FORGEPRUNE_WIDE_MATRIX=1");
        if (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes < Needed)
            Assert.Ignore("needs 11 GiB of memory");
        var clock = Stopwatch.StartNew();
        var random = Made.Random(5);
        var x = Made.Floats(random, Tokens * N);
        using var memory = new SparseMemory((long)N * N);
        fixed (float* px = x)
        {
            // As Gram.Accumulate, without the upper half, which would double the memory.
            PackedProduct.Run(N, N, Tokens, Lanes<float>.Left(px, N, Transpose.Yes), Lanes<float>.Right(px, N, Transpose.No),
                new WideningTarget(memory.Start, N), lower: true, threads: 2);
        }

        Said("lower half of the Gram");
        for (var sample = 0; sample < Samples; sample++)
        {
            // The last rows lie behind element 2³¹.
            var (row, col) = sample < N ? (N - 1, sample) : At(random);
            double expected = 0, scale = 0;
            for (var token = 0; token < Tokens; token++)
            {
                var product = (double)x[(token * N) + row] * x[(token * N) + col];
                (expected, scale) = (expected + product, scale + Math.Abs(product));
            }

            // Five products summed in float32: each rounds once, and so does each sum.
            Assert.That(memory.Span[((long)row * N) + col], Is.EqualTo(expected).Within(2 * Tokens * Made.FloatEpsilon * scale), $"{row}, {col}");
        }

        // A diagonal far above the sum of a row keeps the substitution from growing.
        for (var i = 0; i < N; i++)
            memory.Span[((long)i * N) + i] += 4.0 * Tokens * N;
        var b = Made.Doubles(random, N * Sides);
        double[] forward = [.. b], back = [.. b];
        TriangularSolve.Lower(memory.Span, N, N, forward, Sides, Sides, threads: 2);
        Said("forward substitution");
        TriangularSolve.LowerTransposed(memory.Span, N, N, back, Sides, Sides, threads: 2);
        Said("backward substitution");
        foreach (var row in (int[])[0, 1, 2, N / 2, N - 2, N - 1, .. Enumerable.Range(0, 40).Select(_ => random.Next(N))])
        {
            for (var side = 0; side < Sides; side++)
            {
                Require(Enumerable.Range(0, row + 1).Select(col => (memory.Span[((long)row * N) + col], forward[(col * Sides) + side])), row, side);
                Require(Enumerable.Range(row, N - row).Select(col => (memory.Span[((long)col * N) + row], back[(col * Sides) + side])), row, side);
            }
        }

        Said($"all sampled elements are right; {Environment.WorkingSet >> 20} MB resident");

        void Require(IEnumerable<(double Factor, double Solution)> terms, int row, int side)
        {
            double sum = 0, scale = 0;
            var count = 0;
            foreach (var (factor, solution) in terms)
            {
                (sum, scale) = (sum + (factor * solution), scale + Math.Abs(factor * solution));
                count++;
            }

            // The residual of a substitution stays below one rounding for each of its terms (Higham 2002, theorem 8.5), and ours adds as many.
            Assert.That(sum, Is.EqualTo(b[(row * Sides) + side]).Within(4 * count * Made.DoubleEpsilon * scale), $"row {row}");
        }

        void Said(string what) => TestContext.Progress.WriteLine($"{what}: {clock.Elapsed.TotalSeconds:F1} s");
    }

    private static (int Row, int Col) At(Random random)
    {
        var row = random.Next(N);
        return (row, random.Next(row + 1));
    }
}
