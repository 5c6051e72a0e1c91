using System.Text.Json.Serialization;

namespace ForgePrune.Latency;

/// <summary>How many times as long A takes as B, with a 95 % interval.</summary>
public readonly record struct RatioEstimate(double Ratio, double Low, double High)
{
    private const int Resamples = 1000;

    /// <summary>Half of the interval's width as a share of the ratio.</summary>
    [JsonIgnore]
    public double RelativeError => (High - Low) / 2 / Ratio;

    /// <summary>Ratio of the medians. The interval is a paired bootstrap: turns that were timed beside each other are drawn together, because
    /// what slowed the machine down slowed both.</summary>
    /// <param name="a">Seconds per turn.</param>
    /// <param name="b">Seconds per turn, timed in turn with <paramref name="a"/>.</param>
    /// <param name="seed">Equal seeds give equal intervals.</param>
    public static RatioEstimate Of(IReadOnlyList<double> a, IReadOnlyList<double> b, int seed = 1)
    {
        if (a.Count == 0 || a.Count != b.Count)
            throw new ArgumentException($"{a.Count} and {b.Count} turns are no pairs", nameof(a));
        var (rankedA, rankedB) = (new RankedSamples(a), new RankedSamples(b));
        var (times, ratios) = (new int[a.Count], new double[Resamples]);
        Array.Fill(times, 1);
        var ratio = rankedA.Median(times) / rankedB.Median(times);
        var random = new Random(seed);
        for (var i = 0; i < ratios.Length; i++)
        {
            Array.Clear(times);
            for (var j = 0; j < times.Length; j++)
                times[random.Next(times.Length)]++;
            ratios[i] = rankedA.Median(times) / rankedB.Median(times);
        }
        Array.Sort(ratios);
        return new RatioEstimate(ratio, ratios[(int)(0.025 * Resamples)], ratios[(int)(0.975 * Resamples) - 1]);
    }
}
