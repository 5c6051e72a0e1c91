using System.Diagnostics;
using ForgePrune.Kernels;

namespace ForgePrune.Perf;

/// <summary>From the Gram of a layer to order, losses and factor: the Gram form against the plain rank-one algorithm.</summary>
internal static class LevelsPerf
{
    public static void Run(int rows, int cols, bool naive)
    {
        var random = new Random(7);
        var tokens = 2 * cols;
        var h = new double[cols * cols];
        Gram.Accumulate(Made.Activations(random, tokens, cols), tokens, cols, cols, h, cols);
        var damping = 0.01 * Enumerable.Range(0, cols).Average(i => h[i * cols + i]);
        for (var i = 0; i < cols; i++)
            h[i * cols + i] += damping;
        var w = Made.Doubles(random, rows * cols);
        Build(Made.Doubles(random, 8 * 256), 8, Identity(256), 256); // compiled before it is timed
        Console.WriteLine($"layer {rows} x {cols}");
        var (result, factor, seconds) = Build(w, rows, h, cols);
        Check(result, factor, cols);
        Console.WriteLine($"Gram form, in all                          {seconds,8:F2} s");
        if (naive)
            AgainstNaive(w, rows, h, cols, result, seconds);
    }

    private static (EliminationResult Result, LevelFactor Factor, double Seconds) Build(double[] w, int rows, double[] h, int cols)
    {
        var clock = Stopwatch.StartNew();
        var total = clock.Elapsed;
        void Lap(string what)
        {
            if (cols > 256)
                Console.WriteLine($"  {what,-40} {(clock.Elapsed - total).TotalSeconds,8:F2} s");
            total = clock.Elapsed;
        }
        var inverse = Invert(h, cols);
        Lap("inverse of the Gram");
        var weightGram = new double[cols * cols];
        Gram.Accumulate(w, rows, cols, cols, weightGram, cols);
        Lap("Gram of the weights");
        var result = ChannelElimination.Run(inverse, weightGram, cols, []);
        Lap("sweep over the channels");
        var moment = new double[rows * cols];
        Product.Multiply(Operand.Plain, Operand.Plain, rows, cols, cols, 1.0, w, cols, h, cols, 0.0, moment, cols);
        Lap("moment W·H");
        var factor = LevelFactor.Create(h, cols, cols, moment, rows, cols, [.. result.Order.Reverse()]);
        Lap("factor and loss curve");
        return (result, factor, clock.Elapsed.TotalSeconds);
    }

    private static void AgainstNaive(double[] w, int rows, double[] h, int cols, EliminationResult result, double seconds)
    {
        var clock = Stopwatch.StartNew();
        var naive = ChannelEliminationReference.Run((double[])w.Clone(), rows, Invert(h, cols), cols, []);
        var naiveSeconds = clock.Elapsed.TotalSeconds;
        var same = naive.Order.AsSpan().SequenceEqual(result.Order);
        var difference = naive.Scores.Zip(result.Scores, (x, y) => Math.Abs(x - y) / x).Max();
        Console.WriteLine($"plain rank-one algorithm, in all            {naiveSeconds,8:F2} s");
        Console.WriteLine($"ratio {naiveSeconds / seconds:F1}; same order: {same}; scores differ by at most {difference:E1} of themselves");
    }

    private static double[] Invert(double[] h, int cols)
    {
        var inverse = (double[])h.Clone();
        var pivot = Cholesky.Factor(inverse, cols, cols);
        if (pivot >= 0)
            throw new NotPositiveDefiniteException("The made Gram", pivot);
        SpdInverse.FromFactor(inverse, cols, cols);
        return inverse;
    }

    /// <summary>The two ways to the loss curve must meet: running sum of scores, and norms of the solved targets.</summary>
    private static void Check(EliminationResult result, LevelFactor factor, int cols)
    {
        var loss = 0.0;
        for (var removed = 0; removed < cols; loss += result.Scores[removed++])
            if (!(Math.Abs(factor.Errors[cols - removed] - loss) <= 1e-9 * factor.Errors[0]))
                throw new InvalidOperationException($"With {removed} columns removed the scores sum to {loss}, the factor says {factor.Errors[cols - removed]}.");
    }

    private static double[] Identity(int n)
    {
        var identity = new double[n * n];
        for (var i = 0; i < n; i++)
            identity[i * n + i] = 1;
        return identity;
    }
}
