using ForgePrune.Search;

namespace ForgePrune.Methods.SelfPruner;

/// <summary>Share of every layer's cost that a plan removes, and the way back: rates of any origin become the plan that comes closest
/// within a budget. All of it is deterministic.</summary>
internal sealed class LayerRates
{
    // The interval halves each time: far below the rounding of the costs themselves.
    private const int Halvings = 100;

    private readonly BudgetedSpace space;
    private readonly double[] dense;
    private readonly double available;

    public LayerRates(BudgetedSpace space)
    {
        this.space = space;
        dense = [.. Enumerable.Range(0, space.Space.Offered.Count).Select(layer => Cost(layer, new int[space.Space.Items]))];
        available = Math.Min(space.Budget - space.Cost.Fixed, dense.Sum());
    }

    public int Layers => dense.Length;

    /// <summary>The rate that, taken in every layer, meets the budget.</summary>
    public double Mean => 1 - (available / dense.Sum());

    /// <summary>What <paramref name="indices"/> remove of each layer; 0 of a layer that has nothing.</summary>
    public double[] Of(int[] indices) => [.. dense.Select((whole, layer) => whole == 0 ? 0 : 1 - (Cost(layer, indices) / whole))];

    /// <summary>Moves all rates by the same amount, none beyond 0 or 1, until together they leave what the budget allows (water-filling).</summary>
    public double[] Filled(IReadOnlyList<double> rates)
    {
        RequireOnePerLayer(rates);
        var (low, high) = (-1.0, 1.0);
        for (var halving = 0; halving < Halvings; halving++)
        {
            var shift = (low + high) / 2;
            (low, high) = Left(rates, shift) > available ? (shift, high) : (low, shift);
        }

        return [.. rates.Select(rate => Math.Clamp(rate + high, 0, 1))];
    }

    /// <summary>The plan for <paramref name="rates"/>: water-filled, cut down to levels on offer, and what that leaves of the budget spent
    /// level by level where a layer lies furthest below its share. No level can be raised within the budget any more.</summary>
    /// <returns>Level indices.</returns>
    public int[] Plan(IReadOnlyList<double> rates)
    {
        var kept = Filled(rates).Select((rate, layer) => (1 - rate) * dense[layer]).ToArray();
        var indices = new int[space.Space.Items];
        for (var layer = 0; layer < Layers; layer++)
            (indices[2 * layer], indices[(2 * layer) + 1]) = Below(layer, kept[layer]);
        while (Raise(indices, kept) is { } item)
            indices[item]--;
        return indices;
    }

    /// <summary>Attention at the level nearest to the layer's share, the MLP at the widest that fits beside it.</summary>
    private (int Attention, int Mlp) Below(int layer, double kept)
    {
        var (attention, mlp) = (space.Costs[2 * layer], space.Costs[(2 * layer) + 1]);
        var wanted = dense[layer] == 0 ? 0 : attention[0] * kept / dense[layer];
        // Of two equally near the lower: heads are rounded down as in the uniform rule of the literature.
        var heads = Enumerable.Range(0, attention.Length).OrderBy(index => Math.Abs(attention[index] - wanted)).ThenByDescending(index => index).First();
        // Shares of a cost are not exact in binary: a level that meets its share exactly must not be missed by an ulp.
        var room = kept + (1e-12 * dense[layer]);
        while (heads < attention.Length - 1 && attention[heads] + mlp[^1] > room)
            heads++;
        var width = Enumerable.Range(0, mlp.Length).FirstOrDefault(index => attention[heads] + mlp[index] <= room, mlp.Length - 1);
        return (heads, width);
    }

    /// <summary>The block to raise by one level, MLPs before attention; null when none fits.</summary>
    private int? Raise(int[] indices, double[] kept)
    {
        var total = TotalCost(indices);
        return Enumerable.Range(0, indices.Length)
            .Where(item => indices[item] > 0 && Fits(item))
            .OrderBy(item => item % 2 == 0)
            .ThenByDescending(item => dense[item / 2] == 0 ? 0 : (kept[item / 2] - Cost(item / 2, indices)) / dense[item / 2])
            .Select(item => (int?)item).FirstOrDefault();

        bool Fits(int item)
        {
            // Roughly first: the exact sum, in the solver's order, only where it may fit.
            var step = space.Costs[item][indices[item] - 1] - space.Costs[item][indices[item]];
            if (total + step > space.Budget * (1 + 1e-9))
                return false;
            indices[item]--;
            var fits = TotalCost(indices) <= space.Budget;
            indices[item]++;
            return fits;
        }
    }

    // In the order of the solver and of CostModelExtensions.Of, so that all three round alike.
    private double TotalCost(int[] indices) => indices.Index().Aggregate(space.Cost.Fixed, (sum, at) => sum + space.Costs[at.Index][at.Item]);

    private double Cost(int layer, int[] indices) =>
        space.Costs[2 * layer][indices[2 * layer]] + space.Costs[(2 * layer) + 1][indices[(2 * layer) + 1]];

    private double Left(IReadOnlyList<double> rates, double shift) =>
        rates.Select((rate, layer) => (1 - Math.Clamp(rate + shift, 0, 1)) * dense[layer]).Sum();

    private void RequireOnePerLayer(IReadOnlyList<double> rates)
    {
        if (rates.Count != Layers || rates.Any(rate => rate is not (>= 0 and <= 1)))
            throw new ArgumentException($"{rates.Count} rates for {Layers} layers, each in [0, 1]", nameof(rates));
    }
}
