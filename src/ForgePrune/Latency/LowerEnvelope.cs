namespace ForgePrune.Latency;

/// <summary>Times climb in steps, so some widths cost as much as a wider one. Only those worth having are offered.</summary>
public static class LowerEnvelope
{
    /// <summary>The widths than which every wider one takes longer, ascending.</summary>
    /// <param name="seconds">Measured time per width.</param>
    public static IReadOnlyList<int> Widths(IReadOnlyDictionary<int, double> seconds)
    {
        var kept = new List<int>();
        var least = double.PositiveInfinity;
        foreach (var (width, time) in seconds.OrderByDescending(level => level.Key))
        {
            if (time >= least)
                continue;
            least = time;
            kept.Add(width);
        }
        kept.Reverse();
        return kept;
    }
}
