namespace ForgePrune.Search;

/// <summary>Brings a vector of level indices to a budget, one level at a time, where it costs least in price.</summary>
/// <param name="costs">[item][index], falling.</param>
/// <param name="prices">[item][index], not falling.</param>
internal sealed class BudgetRepair(double[][] costs, double[][] prices, double fixedCost)
{
    /// <summary>The cost of a choice, added in the order of the items.</summary>
    public double Cost(int[] indices)
    {
        var sum = fixedCost;
        for (var item = 0; item < indices.Length; item++)
            sum += costs[item][indices[item]];
        return sum;
    }

    /// <summary>Lowers levels, the least price per cost first, until <paramref name="indices"/> fit; items in
    /// <paramref name="spared"/> only when no other is left.</summary>
    /// <returns>False when even the least levels do not fit.</returns>
    public bool Lower(int[] indices, double budget, IReadOnlySet<int> spared)
    {
        while (Cost(indices) > budget)
        {
            var item = Cheapest(indices, spared) ?? Cheapest(indices, new HashSet<int>());
            if (item is null)
                return false;
            indices[item.Value]++;
        }
        return true;
    }

    /// <summary>Spends what is left: raises levels, the largest gain of price per cost first, while they fit; never items in
    /// <paramref name="spared"/>.</summary>
    public void Fill(int[] indices, double budget, IReadOnlySet<int> spared)
    {
        while (true)
        {
            int? best = null;
            var most = double.NegativeInfinity;
            for (var item = 0; item < indices.Length; item++)
            {
                if (indices[item] == 0 || spared.Contains(item) || Gain(item, indices[item] - 1) <= most)
                    continue;
                indices[item]--;
                var fits = Cost(indices) <= budget;
                indices[item]++;
                if (fits)
                    (best, most) = (item, Gain(item, indices[item] - 1));
            }
            if (best is null)
                return;
            indices[best.Value]--;
        }
    }

    private int? Cheapest(int[] indices, IReadOnlySet<int> spared)
    {
        int? best = null;
        var least = double.PositiveInfinity;
        for (var item = 0; item < indices.Length; item++)
        {
            if (indices[item] + 1 >= costs[item].Length || spared.Contains(item) || Gain(item, indices[item]) >= least)
                continue;
            (best, least) = (item, Gain(item, indices[item]));
        }
        return best;
    }

    // Price per cost between a level and the next lower one.
    private double Gain(int item, int index) =>
        (prices[item][index + 1] - prices[item][index]) / (costs[item][index] - costs[item][index + 1]);
}
