using System.Diagnostics;
using ForgePrune.Kernels;
using ForgePrune.Perf;

namespace ForgePrune.GpuPerf;

/// <summary>All levels of the down projection of an 8-billion-parameter model: from its Gram to order and losses, transfers included.</summary>
internal static class LevelRow
{
    private const int Slab = 1024;

    /// <param name="how">What sets this row apart from others.</param>
    public static void Add(Table table, IPruningDevice device, bool tiny, string how = "")
    {
        var (rows, n, tokens) = tiny ? (8, 24, 64) : (4096, 14336, 16384);
        var what = $"levels of {rows} x {n}{how}";
        if (!table.HasTime(what, tiny ? 1 : 150))
            return;
        var random = new Random(3);
        var h = Hessian(device, random, n, tokens);
        var w = Made.Doubles(random, rows * n);
        var start = Stopwatch.GetTimestamp();
        var result = device.Order(h, n, w, rows, []);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (result.Order.Distinct().Count() != n || result.Scores.Any(score => !double.IsFinite(score)))
            throw new InvalidOperationException("The order of the channels is none.");
        // Inverse and sweep in P and G, and the Gram of the weights, with half of every symmetric matrix.
        table.Row(what, seconds, 2 * Math.Pow(n, 3) + (double)rows * n * n, "inverse, Gram of the weights and sweep, float64, from host to host");
    }

    private static LongArray<double> Hessian(IPruningDevice device, Random random, int n, int tokens)
    {
        using var sum = device.Gram(n);
        var slab = Made.Floats(random, Math.Min(Slab, tokens) * n);
        for (var token = 0; token < tokens; token += Slab)
        {
            // New enough for a Gram of full rank, and quicker than new numbers.
            random.Shuffle(slab.AsSpan(0, Math.Min(slab.Length, 1 << 22)));
            sum.Add(slab, Math.Min(Slab, tokens - token), n);
        }
        var h = sum.Finish();
        var (scale, mean) = (2.0 / tokens, 0.0);
        for (long i = 0; i < h.Length; i++)
            h[i] *= scale;
        for (var i = 0; i < n; i++)
            mean += h[(long)i * n + i] / n;
        for (var i = 0; i < n; i++)
            h[(long)i * n + i] += 0.01 * mean;
        return h;
    }
}
