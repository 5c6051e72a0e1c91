using System.Text.Json.Serialization;

namespace ForgePrune.Latency;

/// <summary>How many times as long A takes as B, with a 95 % interval.</summary>
public readonly record struct RatioEstimate(double Ratio, double Low, double High)
{
    private const int Resamples = 1000;

    /// <summary>Half of the interval's width as a share of the ratio.</summary>
    [JsonIgnore]
    public double RelativeError => (High - Low) / 2 / Ratio;

    /// <summary>Ratio of the models' times. The interval is a paired bootstrap in two steps: openings of the same order are drawn, then turns of
    /// each. Both models' turns are drawn together, because what slowed the machine down slowed both. Of n openings n - 1 are drawn, which makes the
    /// variance of their mean unbiased (Rao and Wu, 1988). Where both orders are there only once, an interval holds what the order does too.</summary>
    /// <param name="a">Opened and timed in turn with <paramref name="b"/>.</param>
    /// <param name="b">As many openings, and turns in each.</param>
    /// <param name="seed">Equal seeds give equal intervals.</param>
    /// <exception cref="ArgumentException">Turns have no partner.</exception>
    public static RatioEstimate Of(ModelTurns a, ModelTurns b, int seed = 1)
    {
        if (a.Count == 0 || !a.Openings.Select(turns => turns.Count).SequenceEqual(b.Openings.Select(turns => turns.Count)))
            throw new ArgumentException($"{a.Count} and {b.Count} turns are no pairs", nameof(a));
        var alike = OpeningOrder.Alike(a.Openings.Count);
        RankedSamples[] rankedA = [.. a.Openings.Select(turns => new RankedSamples(turns))], rankedB = [.. b.Openings.Select(turns => new RankedSamples(turns))];
        var ratios = new double[Resamples];
        var random = new Random(seed);
        for (var i = 0; i < ratios.Length; i++)
            ratios[i] = Drawn(rankedA, rankedB, alike, random);
        Array.Sort(ratios);
        return new RatioEstimate(a.Seconds / b.Seconds, ratios[(int)(0.025 * Resamples)], ratios[(int)(0.975 * Resamples) - 1]);
    }

    private static double Drawn(RankedSamples[] a, RankedSamples[] b, IReadOnlyList<int[]> alike, Random random)
    {
        double secondsA = 0, secondsB = 0;
        foreach (var order in alike)
        {
            var draws = Math.Max(1, order.Length - 1);
            for (var draw = 0; draw < draws; draw++)
            {
                var opening = order[random.Next(order.Length)];
                var times = new int[a[opening].Count];
                for (var turn = 0; turn < times.Length; turn++)
                    times[random.Next(times.Length)]++;
                secondsA += a[opening].Median(times) * order.Length / draws;
                secondsB += b[opening].Median(times) * order.Length / draws;
            }
        }

        return secondsA / secondsB;
    }
}
