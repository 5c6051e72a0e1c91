using ForgePrune.Search.Costs;

namespace ForgePrune.Search;

/// <summary>A search space with the cost of every level and the budget of a plan.</summary>
/// <param name="space">The levels on offer.</param>
/// <param name="cost">The cost of a plan.</param>
/// <param name="budget">The largest cost of a plan, in the unit of <paramref name="cost"/>, fixed part included.</param>
public sealed class BudgetedSpace(SearchSpace space, ICostModel cost, double budget)
{
    /// <summary>The levels on offer.</summary>
    public SearchSpace Space { get; } = space;

    /// <summary>The cost of a plan.</summary>
    public ICostModel Cost { get; } = cost;

    /// <summary>The largest cost of a plan, fixed part included.</summary>
    public double Budget { get; } = budget;

    /// <summary>The cost of every level: Costs[item][index], in the unit of <see cref="Cost"/>.</summary>
    public double[][] Costs { get; } = space.Costs(cost);

    /// <summary>Checks, before anything is measured, that some plan fits the budget.</summary>
    /// <exception cref="TargetNotMetException">No plan fits the budget.</exception>
    public void RequireWithinReach()
    {
        var smallest = Space.PlanOf([.. Costs.Select(levels => levels.Length - 1)]);
        if (Space.Experts is { } grid)
            smallest = new([.. smallest.Layers.Select(layer => grid.Shape(new(layer.KvHeads, layer.QueryHeads), grid.Counts[^1], grid.Widths[^1]))]);
        var least = Cost.Of(smallest);
        if (least > Budget)
            throw TargetNotMetException.For(Cost, Space.Dense, least, Budget);
    }

    /// <summary>The plan of least price within the budget, for prices that add up over items (dynamic programming as in SPDY, Frantar and Alistarh
    /// 2022).</summary>
    internal PlanChoice Solve(double[][] prices) =>
        PlanSolver.Solve(Costs, prices, Cost.Fixed, Budget)
        ?? throw new InvalidOperationException("no plan fits the budget: it was not checked to be within reach");

    internal BudgetRepair Repair(double[][] prices) => new(Costs, prices, Cost.Fixed);
}
