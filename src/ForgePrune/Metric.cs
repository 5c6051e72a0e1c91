using ForgePrune.Search.Costs;

namespace ForgePrune;

/// <summary>The quantity that a target limits.</summary>
public enum Metric
{
    /// <summary>The seconds of a prefill.</summary>
    Prefill,

    /// <summary>The seconds of one decode step.</summary>
    Decode,

    /// <summary>The seconds of a prefill and the decode steps after it.</summary>
    Mix,

    /// <summary>The number of all parameters.</summary>
    Parameters,

    /// <summary>The number of weights of q, k, v, o, gate, up and down.</summary>
    Prunable,

    /// <summary>The bytes of all parameters in float32.</summary>
    Bytes,
}

/// <summary>The names of the metrics.</summary>
internal static class Metrics
{
    /// <summary>The names in lower case, in the order of the enumeration.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetNames<Metric>().Select(name => name.ToLowerInvariant())];

    public static Metric Parse(string name)
    {
        var index = Names.ToList().IndexOf(name);
        return index >= 0 ? Enum.GetValues<Metric>()[index] : throw TargetErrors.UnknownMetric(name);
    }

    /// <summary>Whether the metric needs a measured latency table.</summary>
    public static bool IsLatency(this Metric metric) => metric is Metric.Prefill or Metric.Decode or Metric.Mix;
}
