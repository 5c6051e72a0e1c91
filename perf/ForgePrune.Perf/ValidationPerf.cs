using System.Diagnostics;
using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Perf;

/// <summary>What the levels of one made projection cost without validation text, and with it.</summary>
internal static class ValidationPerf
{
    /// <param name="heads">Query heads and KV heads for an o_proj; empty for a down_proj.</param>
    public static void Run(int rows, int columns, int tokens, int others, int[] heads)
    {
        var (random, device) = (new Random(1), new CpuDevice(Environment.ProcessorCount));
        // An eighth as many directions as columns are shared by all tokens.
        var directions = Uniform(random, columns / 8 * columns);
        var (fitting, validation) = (Gram(tokens), Gram(others));
        var weights = new Matrix(rows, columns, Uniform(random, rows * columns));
        Console.WriteLine($"{rows} x {columns}, {tokens} and {others} tokens, {device.Threads} threads, {Implementations.Current}");
        for (var round = 0; round < 2; round++)
        {
            var (plain, _) = Levels(null);
            var (judged, damping) = Levels(validation);
            Console.WriteLine(FormattableString.Invariant(
                $"without {plain:0.0} s, with {judged:0.0} s: {judged / plain:0.00} times; damping {damping.Fraction} of {damping.Tried.Count} tried"));
        }

        (double Seconds, Damping Damping) Levels(GramStatistics? other)
        {
            var watch = Stopwatch.StartNew();
            var damping = heads is [var queries, var groups]
                ? LevelBuilder.Attention(fitting, other, weights, groups, queries, new LevelOptions(), "made o_proj", device).Damping
                : LevelBuilder.Channels(fitting, other, weights, new LevelOptions(), "made down_proj", device).Damping;
            return (watch.Elapsed.TotalSeconds, damping);
        }

        GramStatistics Gram(int count)
        {
            var x = new Activations(1, count, columns, Uniform(random, count * columns));
            Product.Multiply(Transpose.No, Transpose.No, count, columns, columns / 8, 4f, Uniform(random, count * (columns / 8)), columns / 8, directions, columns,
                0.7f, x.Values, columns, device.Threads);
            var gram = new GramStatistics(columns);
            gram.Add(x, device.Threads);
            return gram;
        }
    }

    private static float[] Uniform(Random random, int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = random.NextSingle() - 0.5f;
        return values;
    }
}
