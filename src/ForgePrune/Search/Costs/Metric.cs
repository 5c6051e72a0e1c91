namespace ForgePrune.Search.Costs;

/// <summary>What a target counts.</summary>
public enum Metric
{
    /// <summary>Seconds of reading the prompt.</summary>
    Prefill,

    /// <summary>Seconds of one generated token.</summary>
    Decode,

    /// <summary>Seconds of one prompt and the tokens generated after it.</summary>
    Mix,

    /// <summary>All parameters.</summary>
    Parameters,

    /// <summary>Weights of q, k, v, o, gate, up and down.</summary>
    Prunable,

    /// <summary>Bytes of the float32 weights.</summary>
    Bytes,
}

public static class Metrics
{
    /// <summary>Names as the command line spells them.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetNames<Metric>().Select(name => name.ToLowerInvariant())];

    public static Metric Parse(string name)
    {
        var index = Names.ToList().IndexOf(name);
        return index >= 0 ? Enum.GetValues<Metric>()[index] : throw TargetErrors.UnknownMetric(name);
    }

    /// <summary>Needs a measured latency table.</summary>
    public static bool IsLatency(this Metric metric) => metric is Metric.Prefill or Metric.Decode or Metric.Mix;
}
