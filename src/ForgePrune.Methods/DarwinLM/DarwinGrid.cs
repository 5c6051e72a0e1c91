using ForgePrune.Levels;
using ForgePrune.Search;

namespace ForgePrune.Methods.DarwinLM;

/// <summary>DarwinLM's levels: about ten equal steps from dense to nothing in every matrix, so that a switch between two layers of one kind
/// keeps the sum. From 8 to 12 steps are tried, nearest to ten first, until they fall on levels on offer; where none do, the nearest levels
/// to ten equal steps are taken and a switch may leave a little of the budget unspent.</summary>
internal static class DarwinGrid
{
    private const int Usual = 10;

    private static readonly int[] Steps = [10, 9, 11, 8, 12];

    /// <summary>The coarse space inside <paramref name="fine"/>, with its costs and budget.</summary>
    public static BudgetedSpace Within(BudgetedSpace fine)
    {
        var grids = fine.Space.Offered.Select((grid, layer) => new LevelGrid(
            Pick(grid.Attention, fine.Costs[2 * layer]), Pick(grid.Ffn, fine.Costs[(2 * layer) + 1]))).ToArray();
        return new(new SearchSpace(grids, grids), fine.Cost, fine.Budget);
    }

    private static TLevel[] Pick<TLevel>(IReadOnlyList<TLevel> levels, double[] costs)
    {
        if (levels.Count <= Usual + 1)
            return [.. levels];
        var steps = Steps.FirstOrDefault(steps => Enumerable.Range(0, steps).All(
            step => Math.Abs(Nearest(costs, step, steps).Cost - Wanted(costs, step, steps)) < 1e-9 * costs[0]), Usual);
        return [.. Enumerable.Range(0, steps + 1).Select(step => Nearest(costs, step, steps).Index).Distinct().Select(index => levels[index])];
    }

    private static double Wanted(double[] costs, int step, int steps) => costs[0] * (steps - step) / steps;

    private static (int Index, double Cost) Nearest(double[] costs, int step, int steps) =>
        costs.Select((cost, index) => (Index: index, Cost: cost)).MinBy(level => Math.Abs(level.Cost - Wanted(costs, step, steps)));
}
