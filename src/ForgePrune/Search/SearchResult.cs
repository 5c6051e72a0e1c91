using ForgePrune.Model;

namespace ForgePrune.Search;

/// <summary>The result of a search.</summary>
/// <param name="Best">The plan with the least KL on the search windows.</param>
/// <param name="Stages">The plan of each stage, in order: uniform (where one fits), dynamic programming with its alternatives, refinement, evolution.</param>
/// <param name="Exact">Whether the dynamic programming found the optimum for its prices.</param>
/// <param name="LargestPriceAdjustment">The largest change of a measured price that kept prices monotone, in nats per token.</param>
/// <param name="Curve">The mean KL of the best plan at the start of the evolution and after each generation, in nats per token; empty without
/// evolution.</param>
public sealed record SearchResult(
    MeasuredPlan Best, IReadOnlyList<MeasuredPlan> Stages, bool Exact, double LargestPriceAdjustment, IReadOnlyList<double> Curve);

/// <summary>A plan with its measured divergence.</summary>
/// <param name="Name">The stage that found it.</param>
/// <param name="Plan">The plan.</param>
/// <param name="Indices">The plan as level indices of its search space.</param>
/// <param name="Cost">The cost in the unit of the metric, fixed part included.</param>
/// <param name="KlPerWindow">The mean KL on each search window, in nats per token.</param>
public sealed record MeasuredPlan(string Name, Plan Plan, int[] Indices, double Cost, double[] KlPerWindow)
{
    /// <summary>The mean KL over all windows, in nats per token.</summary>
    public double Kl { get; } = KlPerWindow.Average();
}

/// <summary>The progress of a search.</summary>
/// <param name="Stage">The stage: prices, dynamic programming, refinement or evolution.</param>
/// <param name="Done">The units that are done: percent, or rounds of other searches. The same number is reported again during a long round.</param>
/// <param name="Total">The units of the stage.</param>
/// <param name="Kl">The mean KL of the best plan so far, in nats per token; null while there is none.</param>
public readonly record struct SearchProgress(string Stage, int Done, int Total, double? Kl);
