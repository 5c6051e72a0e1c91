using BenchmarkDotNet.Attributes;
using ForgePrune.Kernels;

namespace ForgePrune.Benchmarks;

/// <summary>A factor and the inverse from it, each with the copy that it needs.</summary>
public class Factors : IOperation
{
    private double[] spd = [], work = [];

    [Params(1024, 2048)]
    public int N { get; set; }

    [Params(1, 0)]
    public int Threads { get; set; }

    /// <summary>n³/3 for the factor and 2n³/3 for the inverse.</summary>
    public double Operations => Math.Pow(N, 3);

    [GlobalSetup]
    public void Check()
    {
        (spd, work) = (Answers.Spd(4, N), new double[N * N]);
        Invert();
        var (row, col) = (N / 2, N / 3);
        double Entry(int j) => Enumerable.Range(0, N).Sum(k => spd[row * N + k] * work[k * N + j]);
        Answers.Expect("H times its inverse", 1, Entry(row), 1e-9);
        Answers.Expect("H times its inverse", 0, Entry(col), 1e-9);
    }

    [Benchmark]
    public void Invert()
    {
        spd.CopyTo(work, 0);
        if (Cholesky.Factor(work, N, N, Threads) is var pivot and >= 0)
            throw new NotPositiveDefiniteException("The made matrix", pivot);
        SpdInverse.FromFactor(work, N, N, Threads);
    }
}
