namespace ForgePrune.Latency;

/// <summary>Samples in rising order, so that the median of a draw from them is found without sorting it: a bootstrap draws a thousand times from
/// thousands.</summary>
internal readonly struct RankedSamples
{
    private readonly double[] values;
    private readonly int[] places;

    /// <param name="samples">At least one.</param>
    public RankedSamples(IReadOnlyList<double> samples)
    {
        values = [.. samples];
        places = [.. Enumerable.Range(0, values.Length)];
        Array.Sort(values, places);
    }

    /// <summary>Samples that there are.</summary>
    public int Count => values.Length;

    /// <summary>What <see cref="Samples.Median"/> gives for the samples, each as often as it was drawn.</summary>
    /// <param name="times">By place among the samples as they came; together as many as there are samples.</param>
    public double Median(int[] times)
    {
        var (rank, drawn) = (-1, 0);
        while (drawn <= (values.Length - 1) / 2)
            drawn += times[places[++rank]];
        var below = values[rank];
        while (drawn <= values.Length / 2)
            drawn += times[places[++rank]];
        return (below + values[rank]) / 2;
    }
}
