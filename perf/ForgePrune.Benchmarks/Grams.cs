using BenchmarkDotNet.Attributes;
using ForgePrune.Kernels;

namespace ForgePrune.Benchmarks;

public class Grams : IOperation
{
    private const int Tokens = 8192;
    private float[] x = [];
    private double[] gram = [];

    [Params(576, 2048)]
    public int Cols { get; set; }

    [Params(1, 0)]
    public int Threads { get; set; }

    public double Operations => (double)Tokens * Cols * (Cols + 1);

    [GlobalSetup]
    public void Check()
    {
        (x, gram) = (Answers.Floats(3, Tokens * Cols), new double[Cols * Cols]);
        Accumulate();
        var (row, col) = (Cols - 1, Cols / 2);
        var expected = Enumerable.Range(0, Tokens).Sum(t => (double)x[t * Cols + row] * x[t * Cols + col]);
        Answers.Expect("The Gram", expected, gram[row * Cols + col], Tokens * 1e-6);
    }

    [Benchmark]
    public void Accumulate() => Gram.Accumulate(x, Tokens, Cols, Cols, gram, Cols, Threads);
}
