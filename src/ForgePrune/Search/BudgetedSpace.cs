using ForgePrune.Search.Costs;

namespace ForgePrune.Search;

/// <summary>A search space with the cost of every level and the most that a plan may cost.</summary>
public sealed class BudgetedSpace(SearchSpace space, ICostModel cost, double budget)
{
    public SearchSpace Space { get; } = space;

    public ICostModel Cost { get; } = cost;

    public double Budget { get; } = budget;

    /// <summary>[item][index].</summary>
    public double[][] Costs { get; } = space.Costs(cost);

    /// <summary>Checks, before anything is measured, that some plan fits the budget.</summary>
    /// <exception cref="TargetNotMetException">None does.</exception>
    public void RequireWithinReach()
    {
        var least = Cost.Of(Space.PlanOf([.. Costs.Select(levels => levels.Length - 1)]));
        if (least > Budget)
            throw TargetNotMetException.For(Cost, Space.Dense, least, Budget);
    }

    /// <summary>The best plan for additive prices.</summary>
    public PlanChoice Solve(double[][] prices) =>
        PlanSolver.Solve(Costs, prices, Cost.Fixed, Budget)
        ?? throw new InvalidOperationException("no plan fits the budget: it was not checked to be within reach");

    public BudgetRepair Repair(double[][] prices) => new(Costs, prices, Cost.Fixed);
}
