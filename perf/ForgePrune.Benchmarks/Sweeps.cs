using BenchmarkDotNet.Attributes;
using ForgePrune.Kernels;

namespace ForgePrune.Benchmarks;

/// <summary>The greedy removal of all channels of a layer, with the copies that it destroys.</summary>
public class Sweeps : IOperation
{
    private double[] _inverse = [], _gram = [], _p = [], _g = [];

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
        (_p, _g) = (new double[Cols * Cols], new double[Cols * Cols]);
        _inverse = Answers.Spd(5, Cols);
        _gram = new double[Cols * Cols];
        var w = Answers.Doubles(6, rows * Cols);
        Gram.Accumulate(w, rows, Cols, Cols, _gram, Cols, threads: 1);
        var result = Eliminate();
        var first = Enumerable.Range(0, Cols).MinBy(j => _gram[j * Cols + j] / _inverse[j * Cols + j]);
        Answers.Expect("The first removal", first, result.Order[0], 0);
        Answers.Expect("Its score", _gram[first * Cols + first] / _inverse[first * Cols + first], result.Scores[0], 1e-12);
        Answers.Expect("The number of columns removed", Cols, result.Order.Distinct().Count(), 0);
    }

    [Benchmark]
    public EliminationResult Eliminate()
    {
        _inverse.CopyTo(_p, 0);
        _gram.CopyTo(_g, 0);
        return ChannelElimination.Run(_p, _g, Cols, [], Cols, Threads);
    }
}
