using ForgePrune.Latency;
using ForgePrune.Model;

namespace ForgePrune.Search.Costs;

public static class CostModels
{
    /// <summary>The cost that <paramref name="metric"/> counts.</summary>
    /// <param name="latency">Needed by the latency metrics only.</param>
    /// <param name="generatedTokens">Tokens after the prompt, for <see cref="Metric.Mix"/>.</param>
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
