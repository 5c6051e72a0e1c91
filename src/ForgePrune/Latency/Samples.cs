namespace ForgePrune.Latency;

/// <summary>What is read from timed calls. Medians: a machine that is busy elsewhere only ever adds time, and to few calls.</summary>
internal static class Samples
{
    /// <summary>The middle value, or the mean of the two middle ones. Reorders <paramref name="values"/>.</summary>
    public static double Median(Span<double> values)
    {
        values.Sort();
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
