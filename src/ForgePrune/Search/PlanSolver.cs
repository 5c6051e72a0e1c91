namespace ForgePrune.Search;

/// <summary>Chooses one level per item (multiple-choice knapsack): least summed price within the budget.</summary>
/// <remarks>Items are taken one by one, and of all partial choices only those survive that no other beats in both cost and price (the
/// Pareto front). That is exact. Where a front outgrows <see cref="MostExact"/>, partial choices are gathered by cost into
/// <see cref="Buckets"/> equal buckets, the lowest price of each surviving with its true cost: the budget is never
/// exceeded, and the result says that it is no longer exact. Ties: of equal prices the lower cost; of equal both, the last item keeps the lower index,
/// then the item before it, and so on.</remarks>
internal static class PlanSolver
{
    /// <summary>The largest exact front: whole-number costs stay far below, measured times of a large model may not.</summary>
    public const int MostExact = 50_000;

    /// <summary>Cost resolution of the bounded form: a 20,000th of the budget, far below the noise of measured times.</summary>
    public const int Buckets = 20_000;

    // Partial sums and the remaining least costs are added in another order than the final sum, so an equality needs some room; the
    // last item is held to the budget itself.
    private const double RoundingRoom = 1e-9;

    /// <param name="costs">[item][index].</param>
    /// <param name="prices">[item][index], aligned to <paramref name="costs"/>; +∞ forbids an index.</param>
    /// <returns>Null when no choice fits the budget.</returns>
    public static PlanChoice? Solve(double[][] costs, double[][] prices, double fixedCost, double budget) =>
        Solve(costs, prices, fixedCost, budget, MostExact);

    internal static PlanChoice? Solve(double[][] costs, double[][] prices, double fixedCost, double budget, int mostExact)
    {
        var rest = LeastRemaining(costs, prices);
        var fronts = new Partial[costs.Length + 1][];
        fronts[0] = [new(fixedCost, 0, -1, -1)];
        if (fixedCost + rest[0] > budget * (1 + RoundingRoom) || (costs.Length == 0 && fixedCost > budget))
            return null;
        var exact = true;
        for (var item = 0; item < costs.Length; item++)
        {
            var limit = item == costs.Length - 1 ? budget : budget * (1 + RoundingRoom) - rest[item + 1];
            var front = ParetoFront.Exact(fronts[item], costs[item], prices[item], limit, mostExact);
            exact &= front is not null;
            fronts[item + 1] = front ?? ParetoFront.Bucketed(fronts[item], costs[item], prices[item], limit, Buckets);
            if (fronts[item + 1].Length == 0)
                return null;
        }
        return Trace(fronts, exact);
    }

    private static double[] LeastRemaining(double[][] costs, double[][] prices)
    {
        var rest = new double[costs.Length + 1];
        for (var item = costs.Length - 1; item >= 0; item--)
        {
            var least = double.PositiveInfinity;
            for (var index = 0; index < costs[item].Length; index++)
            {
                if (prices[item][index] < double.PositiveInfinity)
                    least = Math.Min(least, costs[item][index]);
            }
            rest[item] = rest[item + 1] + least;
        }
        return rest;
    }

    private static PlanChoice Trace(Partial[][] fronts, bool exact)
    {
        var indices = new int[fronts.Length - 1];
        var best = fronts[^1][^1];
        var at = best;
        for (var item = indices.Length - 1; item >= 0; item--)
        {
            indices[item] = at.Index;
            at = fronts[item][at.Parent];
        }
        return new(indices, best.Cost, best.Price, exact);
    }
}

/// <param name="Indices">One level index per item.</param>
/// <param name="Cost">Fixed part included.</param>
/// <param name="Exact">No cheaper-priced choice exists within the budget.</param>
internal sealed record PlanChoice(int[] Indices, double Cost, double Price, bool Exact);
