using BenchmarkDotNet.Attributes;
using ForgePrune.Kernels;

namespace ForgePrune.Benchmarks;

/// <summary>The greedy removal of all channels of a layer, with the copies that it destroys.</summary>
public class Sweeps : IOperation
{
    private double[] inverse = [], gram = [], p = [], g = [];

    [Params(768, 2048)]
    public int Cols { get; set; }

    [Params(1, 0)]
    public int Threads { get; set; }

    /// <summary>n³ for both matrices, half of each.</summary>
    public double Operations => Math.Pow(Cols, 3);

    [GlobalSetup]
    public void Check()
    {
        const int rows = 64;
        (p, g) = (new double[Cols * Cols], new double[Cols * Cols]);
        inverse = Answers.Spd(5, Cols);
        gram = new double[Cols * Cols];
        var w = Answers.Doubles(6, rows * Cols);
        Gram.Accumulate(w, rows, Cols, Cols, gram, Cols, threads: 1);
        var result = Eliminate();
        var first = Enumerable.Range(0, Cols).MinBy(j => gram[j * Cols + j] / inverse[j * Cols + j]);
        Answers.Expect("The first removal", first, result.Order[0], 0);
        Answers.Expect("Its score", gram[first * Cols + first] / inverse[first * Cols + first], result.Scores[0], 1e-12);
        Answers.Expect("The number of columns removed", Cols, result.Order.Distinct().Count(), 0);
    }

    [Benchmark]
    public EliminationResult Eliminate()
    {
        inverse.CopyTo(p, 0);
        gram.CopyTo(g, 0);
        return ChannelElimination.Run(p, g, Cols, [], Cols, Threads);
    }
}
