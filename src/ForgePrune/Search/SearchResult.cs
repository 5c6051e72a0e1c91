using ForgePrune.Model;

namespace ForgePrune.Search;

/// <param name="Best">The plan with the least KL on the search windows.</param>
/// <param name="Stages">Every stage's plan, in order: uniform (where one fits), dynamic programming, refinement, evolution.</param>
/// <param name="Exact">The dynamic programming was exact for its prices.</param>
/// <param name="LargestPriceAdjustment">Nats per token by which a measured price was moved to keep prices monotone.</param>
/// <param name="Curve">Mean KL of evolution's best plan at its start and after each generation; empty without evolution.</param>
public sealed record SearchResult(
    MeasuredPlan Best, IReadOnlyList<MeasuredPlan> Stages, bool Exact, double LargestPriceAdjustment, IReadOnlyList<double> Curve);

/// <param name="Indices">The plan as level indices of its search space.</param>
/// <param name="Cost">In the unit of the metric, fixed part included.</param>
/// <param name="KlPerWindow">Nats per token on every search window.</param>
public sealed record MeasuredPlan(string Name, Plan Plan, int[] Indices, double Cost, double[] KlPerWindow)
{
    /// <summary>Mean nats per token.</summary>
    public double Kl { get; } = KlPerWindow.Average();
}

/// <param name="Stage">prices, dynamic programming, refinement or evolution.</param>
/// <param name="Done">Of <paramref name="Total"/> units: shares of a hundred for prices, rounds, generations. The same figure comes again while
/// a long round goes on.</param>
/// <param name="Kl">Mean KL of the best plan so far; null while there is none.</param>
public readonly record struct SearchProgress(string Stage, int Done, int Total, double? Kl);
