using ForgePrune.Model;
using ForgePrune.Search.Costs;

namespace ForgePrune.Methods.Baselines;

/// <summary>First-order depth pruning: whole decoder layers go, the least influential first (ShortGPT).</summary>
internal static class DepthPruning
{
    /// <param name="influence">One score per layer; of equals the earlier layer goes first.</param>
    /// <exception cref="TargetNotMetException">No layer is left, and still above the budget.</exception>
    public static Plan Plan(ModelConfig config, IReadOnlyList<double> influence, ICostModel cost, double budget)
    {
        var plan = new Plan(config.Layers);
        foreach (var layer in Enumerable.Range(0, influence.Count).OrderBy(layer => influence[layer]))
        {
            if (cost.Of(plan) <= budget)
                break;
            plan = plan.With(layer, default);
        }
        return cost.Of(plan) <= budget ? plan : throw TargetNotMetException.For(cost, new Plan(config.Layers), cost.Of(plan), budget);
    }
}
