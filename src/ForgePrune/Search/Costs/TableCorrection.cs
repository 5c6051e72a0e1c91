using ForgePrune.Model;

namespace ForgePrune.Search.Costs;

/// <summary>The correction of a latency table by the timing of whole models. A table adds up blocks timed alone; the whole model may gain less.
/// One factor on every pruned plan's cost closes the gap near the plan that was measured; the dense cost stays what it was.</summary>
/// <param name="Ratio">Measured over predicted share of the dense time: above 1 where the plan is slower than predicted.</param>
internal sealed record TableCorrection(double Ratio)
{
    public static TableCorrection None { get; } = new(1);

    /// <param name="measuredSpeedup">Dense seconds over pruned seconds, both timed in turn.</param>
    public static TableCorrection After(ICostModel table, Plan dense, Plan plan, double measuredSpeedup)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(measuredSpeedup);
        return new(table.Of(dense) / table.Of(plan) / measuredSpeedup);
    }

    /// <summary>The most that a plan may cost in the uncorrected table for the corrected one to meet the target. Search again with this
    /// budget and the same table: prices and levels stay valid.</summary>
    public double Budget(Target target, double dense) => target.Budget(dense) / Ratio;

    /// <summary>Predicted dense over pruned seconds.</summary>
    public double Speedup(ICostModel table, Plan dense, Plan plan) => table.Of(dense) / (table.Of(plan) * Ratio);
}
