using System.Diagnostics;
using System.Numerics.Tensors;
using ForgePrune.Kernels;
using ForgePrune.Perf.Results;

namespace ForgePrune.Perf;

/// <summary>From the Gram of a layer to order, losses and factor: the Gram form against the plain rank-one algorithm.</summary>
internal static class LevelsPerf
{
    // The plain algorithm runs for most of a minute and meets the machine in all its moods, a construction of two seconds in one: so they take turns.
    private const int Turns = 8;

    // Above it a construction takes minutes: one is timed, nothing is made beside it.
    private const int Largest = 8192;

    /// <param name="removals">How many of them the plain algorithm makes; 0: it is left out.</param>
    /// <returns>Null where the plain algorithm was left out.</returns>
    public static PerfRow? Run(int rows, int cols, int removals)
    {
        var random = new Random(7);
        var tokens = 2 * cols;
        var h = new double[cols * cols];
        Gram.Accumulate(Made.Activations(random, tokens, cols), tokens, cols, cols, h, cols, threads: 0);
        var damping = 0.01 * Enumerable.Range(0, cols).Average(i => h[i * cols + i]);
        for (var i = 0; i < cols; i++)
            h[i * cols + i] += damping;
        var w = Made.Doubles(random, rows * cols);
        Build(Made.Doubles(random, 8 * 256), 8, Identity(256), 256, null); // compiled before it is timed
        // The first constructions of this size meet memory that the system has still to hand out; later ones find what those let go.
        for (var warm = 0; warm < (cols > Largest ? 0 : 3); warm++)
        {
            Build(w, rows, h, cols, null);
            GC.Collect();
        }

        if (cols > Largest)
            GC.Collect(); // the activations
        var roof = Roof.Measure<double>();
        Console.WriteLine($"layer {rows} x {cols}, roof {roof:F0} GFLOP/s in float64 on all processors");
        var (result, inverseFactor, fast) = Build(w, rows, h, cols, roof);
        using var process = Process.GetCurrentProcess();
        Console.WriteLine($"Order, losses and factor                  {fast}");
        Console.WriteLine($"peak memory {process.PeakWorkingSet64 / 1e9:F2} GB, of which Gram and weights {(h.LongLength + w.LongLength) * sizeof(double) / 1e9:F2} GB");
        if (cols > Largest)
            return null;
        int[] survivors = [.. result.Order.Reverse()];
        Check("a factor made anew", result, LevelFactor.FromWeights(h, cols, cols, w, rows, cols, survivors, threads: 0), cols);
        var moment = new double[rows * cols];
        Product.Multiply(Transpose.No, Transpose.No, rows, cols, cols, 1.0, w, cols, h, cols, 0.0, moment, cols, threads: 0);
        var energy = Enumerable.Range(0, rows).AsParallel().Sum(row => TensorPrimitives.Dot<double>(w.AsSpan(row * cols, cols),
            moment.AsSpan(row * cols, cols)));
        Check("the factor of the sweep", result, LevelFactor.FromInverse(inverseFactor, LargeArray.Stride<double>(cols), moment, rows, cols, cols, survivors,
            threads: 0, energy), cols);
        if (removals == 0)
            return null;
        var (ours, plain) = InTurn(w, rows, h, cols, Math.Min(cols, removals), result);
        Console.WriteLine($"constructions in turn with it, mean       {ours}");
        Console.WriteLine($"ratio {plain.Wall / ours.Wall:F1} by the clock, {plain.Processor / ours.Processor:F1} by processor time"
            + (removals < cols ? $", {cols} removals extrapolated from {removals}" : ""));
        // Inverse, Gram of the weights and sweep, as below.
        var operations = 2 * Math.Pow(cols, 3) + (double)rows * cols * cols;
        return new PerfRow($"levels {rows} x {cols}, float64", "plain rank-one algorithm", Environment.ProcessorCount, ours.Wall * 1e3, plain.Wall * 1e3,
            operations / 1e9 / ours.Wall, roof);
    }

    private static (EliminationResult Result, double[] InverseFactor, Stretch Spent) Build(double[] w, int rows, double[] h, int cols, double? roof)
    {
        var start = Stretch.Now;
        var last = start;
        // Operations as the formulas count them, with half of every symmetric matrix.
        double cube = Math.Pow(cols, 3), square = (double)rows * cols * cols;
        void Lap(string what, double operations)
        {
            var spent = Stretch.Now - last;
            var (rate, perProcessor) = (operations / 1e9 / spent.Wall, operations / 1e9 / spent.Processor);
            if (roof is not null)
                Console.WriteLine($"  {what,-40}{spent} {rate,6:F1} GFLOP/s, {rate / roof,4:P0} of the roof, {perProcessor,5:F1} GFLOP per processor second");
            last = Stretch.Now;
        }
        var stride = LargeArray.Stride<double>(cols);
        var inverse = Invert(h, cols, stride);
        Lap("inverse of the Gram", cube);
        var weightGram = LargeArray.Zeros<double>((long)cols * stride);
        Gram.Accumulate(w, rows, cols, cols, weightGram, stride, threads: 0);
        Lap("Gram of the weights", square);
        var result = ChannelElimination.Run(inverse, weightGram, cols, [], stride, threads: 0);
        Lap("sweep over the channels", cube);
        return (result, inverse, Stretch.Now - start);
    }

    /// <returns>A construction's mean, and the plain one's with all its removals.</returns>
    private static (Stretch Ours, Stretch Plain) InTurn(double[] w, int rows, double[] h, int cols, int removals, EliminationResult result)
    {
        var weights = (double[])w.Clone();
        var start = Stretch.Now;
        var inverse = Invert(h, cols, cols);
        var inverted = Stretch.Now - start;
        var (gone, done, difference, ours, spent) = (new bool[cols], 0, 0.0, new Stretch(), new Stretch());
        for (var turn = 1; turn <= Turns; turn++)
        {
            ours += Build(w, rows, h, cols, null).Spent;
            GC.Collect();
            var until = removals * turn / Turns;
            start = Stretch.Now;
            var plain = ChannelEliminationReference.Run(weights, rows, inverse, cols, gone, Environment.ProcessorCount, until);
            spent += Stretch.Now - start;
            for (; done < until; done++)
            {
                if (plain.Order[done] != result.Order[done])
                    throw new InvalidOperationException($"The two orders differ at removal {done}.");
                difference = Math.Max(difference, Math.Abs(plain.Scores[done] - result.Scores[done]) / plain.Scores[done]);
                gone[plain.Order[done]] = true;
            }
        }
        Console.WriteLine($"plain rank-one algorithm, {removals} removals {spent}");
        Console.WriteLine($"same order; scores differ by at most {difference:E1} of themselves");
        // Every removal of the plain algorithm touches all of W and P, so each costs the same. Both begin with the Gram and its inverse.
        var all = inverted + spent * ((double)cols / removals);
        Console.WriteLine($"plain construction in all                 {all}");
        return (ours * (1.0 / Turns), all);
    }

    private static double[] Invert(double[] h, int cols, int stride)
    {
        var inverse = LargeArray.Uninitialized<double>((long)cols * stride);
        for (var row = 0; row < cols; row++)
            h.AsSpan(row * cols, cols).CopyTo(inverse.AsSpan(row * stride));
        var pivot = Cholesky.Factor(inverse, cols, stride, threads: 0);
        if (pivot >= 0)
            throw new NotPositiveDefiniteException("The made Gram", pivot);
        SpdInverse.FromFactor(inverse, cols, stride, threads: 0);
        return inverse;
    }

    /// <summary>The two ways to the loss curve must meet: running sum of scores, and norms of the solved targets.</summary>
    private static void Check(string by, EliminationResult result, LevelFactor factor, int cols)
    {
        var loss = 0.0;
        for (var removed = 0; removed < cols; loss += result.Scores[removed++])
            if (!(Math.Abs(factor.Errors[cols - removed] - loss) <= 1e-9 * factor.Errors[0]))
                throw new InvalidOperationException($"With {removed} columns removed the scores sum to {loss}, {by} says {factor.Errors[cols - removed]}.");
    }

    private static double[] Identity(int n)
    {
        var identity = new double[n * n];
        for (var i = 0; i < n; i++)
            identity[i * n + i] = 1;
        return identity;
    }
}
