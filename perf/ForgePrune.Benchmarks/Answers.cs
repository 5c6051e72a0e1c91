namespace ForgePrune.Benchmarks;

/// <summary>Made inputs, and the check that stops a benchmark whose answer is wrong.</summary>
internal static class Answers
{
    public static float[] Floats(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
    }

    public static double[] Doubles(int seed, int count) => Array.ConvertAll(Floats(seed, count), x => (double)x);

    /// <summary>AᵀA + n·I of a made A: symmetric and far from singular.</summary>
    public static double[] Spd(int seed, int n)
    {
        var gram = new double[n * n];
        Kernels.Gram.Accumulate(Doubles(seed, n * n), n, n, n, gram, n, threads: 1);
        for (var i = 0; i < n; i++)
            gram[i * n + i] += n;
        return gram;
    }

    /// <summary>Compares one element, formed plainly, with what the operation gave.</summary>
    public static void Expect(string what, double expected, double actual, double allowed)
    {
        if (!(Math.Abs(expected - actual) <= allowed))
            throw new InvalidOperationException($"{what} gave {actual} where {expected} within {allowed} is right; nothing is timed.");
    }
}
