using ForgePrune.Latency;
using ForgePrune.Model;

namespace ForgePrune.Search.Costs;

/// <summary>The cost models of the metrics.</summary>
public static class CostModels
{
    /// <summary>The cost model of a metric.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="config">The shape of the dense model.</param>
    /// <param name="latency">The measured times; needed by the latency metrics only.</param>
    /// <param name="generatedTokens">The number of tokens after the prompt, for <see cref="Metric.Mix"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such metric.</exception>
    public static ICostModel For(Metric metric, ModelConfig config, LatencyTable? latency, int generatedTokens)
    {
        if (metric.IsLatency())
            ArgumentNullException.ThrowIfNull(latency);
        return metric switch
        {
            Metric.Prefill => LatencyCost.Of(latency!.Prefill),
            Metric.Decode => LatencyCost.Of(latency!.Decode),
            Metric.Mix => LatencyCost.Mix(latency!, generatedTokens),
            Metric.Parameters => new ParameterCost(config),
            Metric.Prunable => new PrunableCost(config),
            Metric.Bytes => new ByteCost(config),
            _ => throw new ArgumentOutOfRangeException(nameof(metric), metric, null),
        };
    }
}
