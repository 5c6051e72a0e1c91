using ForgePrune.Search.Costs;

namespace ForgePrune.Search;

/// <summary>The uniform plan: the same share of heads and of channels in every layer.</summary>
public static class UniformPlan
{
    // Shares are tried in hundredths; levels are far coarser.
    private const int Steps = 100;

    /// <summary>Of all pairs of an attention share and the widest FFN share that still fits the budget, the one whose shares are closest;
    /// of equals the one with more attention.</summary>
    /// <param name="space">The levels on offer.</param>
    /// <param name="cost">The cost of a plan.</param>
    /// <param name="budget">The largest cost, fixed part included.</param>
    /// <returns>The level index of each item; null where no uniform plan fits.</returns>
    public static int[]? Within(SearchSpace space, ICostModel cost, double budget)
    {
        int[]? best = null;
        var least = double.PositiveInfinity;
        for (var attention = Steps; attention >= 0; attention--)
        {
            for (var ffn = Steps; ffn >= 0; ffn--)
            {
                if (Math.Abs(attention - ffn) >= least)
                    continue;
                var indices = At(space, (double)attention / Steps, (double)ffn / Steps);
                if (cost.Of(space.PlanOf(indices)) > budget)
                    continue;
                least = Math.Abs(attention - ffn);
                best = indices;
                break;
            }
        }
        return best;
    }

    private static int[] At(SearchSpace space, double attention, double ffn)
    {
        var indices = new int[space.Items];
        for (var layer = 0; layer < space.Offered.Count; layer++)
        {
            var grid = space.Offered[layer];
            var heads = (double)Math.Max(grid.Attention[0].QueryHeads, 1);
            indices[2 * layer] = Nearest(grid.Attention.Count, i => grid.Attention[i].QueryHeads / heads, attention);
            indices[2 * layer + 1] = Nearest(grid.Ffn.Count, i => (double)grid.Ffn[i] / Math.Max(grid.Ffn[0], 1), ffn);
        }
        return indices;
    }

    private static int Nearest(int levels, Func<int, double> share, double wanted) =>
        Enumerable.Range(0, levels).MinBy(index => Math.Abs(share(index) - wanted));
}
