using ForgePrune.Search;
using ForgePrune.Search.Costs;

namespace ForgePrune.Methods.AdaptPruner;

/// <summary>Adapt-Pruner's rule: at every step the share that each layer has lost rises by Δ − A·I, so that a layer that turns the residual stream more
/// than others (I near 1) loses next to nothing, and one that hardly turns it (I near −1) twice as much. Attention and MLP of a layer share one I.</summary>
/// <param name="space">Every level of the dense model; plans keep at least the levels that their shares ask for.</param>
internal sealed class AdaptiveSparsity(BudgetedSpace space)
{
    /// <summary>Δ and A, as the authors run it: fifty steps from dense to nothing.</summary>
    public const double Step = 0.02, Amplitude = 0.02;

    // The authors leave every layer a hundredth. Where no plan meets the budget so, whole blocks may go.
    private const double MostLost = 0.99;

    private const int Halvings = 60;

    /// <summary>(raw − mean) / largest |raw − mean|: in [−1, 1] with mean 0; zeros where all are equal.</summary>
    /// <param name="influence">1 − mean cos(stream before, after) of every layer.</param>
    public static double[] Importance(IReadOnlyList<double> influence)
    {
        var mean = influence.Average();
        var most = influence.Max(value => Math.Abs(value - mean));
        return [.. influence.Select(value => most > 0 ? (value - mean) / most : 0)];
    }

    /// <summary>One step from <paramref name="now"/>. Where a whole step would go below the budget, only so much of one is taken that it is met; what
    /// levels then leave of it is given back, so that no level could be raised within the budget any more.</summary>
    /// <param name="budget">That this step must not go below.</param>
    public AdaptiveState Next(AdaptiveState now, IReadOnlyList<double> importance, double budget)
    {
        var most = Cost(At(now, [.. now.Lost.Select(_ => MostLost)])) <= budget ? MostLost : 1;
        double[] Moved(double part) =>
            [.. now.Lost.Select((lost, layer) => Math.Min(lost + (part * (Step - (Amplitude * importance[layer]))), Math.Max(lost, most)))];
        // Only layers that are all important or at their end are left to move: they go together.
        if (Moved(1).Zip(now.Lost, (next, lost) => next - lost).All(change => change < 1e-9))
            importance = [.. now.Lost.Select(_ => 0.0)];
        if (Cost(At(now, Moved(1))) > budget)
            return new AdaptiveState(At(now, Moved(1)), Moved(1));
        var (low, high) = (0.0, 1.0);
        for (var halving = 0; halving < Halvings; halving++)
        {
            var part = (low + high) / 2;
            (low, high) = Cost(At(now, Moved(part))) > budget ? (part, high) : (low, part);
        }

        return new AdaptiveState(GivenBack(now, At(now, Moved(high)), Moved(high), budget), Moved(high));
    }

    public double Cost(int[] indices) => space.Cost.Of(space.Space.PlanOf(indices));

    /// <summary>The least level that keeps what its layer's share leaves, none above what is there now: heads go when the share crosses a whole one.</summary>
    private int[] At(AdaptiveState now, double[] lost) => [.. now.Indices.Select((current, item) =>
    {
        var levels = space.Costs[item];
        // Shares of a cost are not exact in binary: a level that meets its share exactly must not be missed by an ulp.
        var kept = (1 - lost[item / 2] - 1e-12) * levels[0];
        return Enumerable.Range(current, levels.Length - current).Last(index => index == current || (levels[index] >= kept && Inside(item, current, index)));
    })];

    private int[] GivenBack(AdaptiveState now, int[] indices, double[] lost, double budget)
    {
        while (Raised(now, indices, lost, budget) is { } item)
            indices[item.Item] = item.Index;
        return indices;
    }

    /// <summary>Of the levels that could be raised, that of the block furthest below its share; MLPs before attention.</summary>
    private (int Item, int Index)? Raised(AdaptiveState now, int[] indices, double[] lost, double budget) => Enumerable.Range(0, indices.Length)
        .Select(item => (Item: item, Index: Above(item, now.Indices[item], indices[item])))
        .Where(raise => raise.Index < indices[raise.Item] && Cost([.. indices.Select((index, item) => item == raise.Item ? raise.Index : index)]) <= budget)
        .OrderBy(raise => raise.Item % 2 == 0)
        .ThenByDescending(raise => (1 - lost[raise.Item / 2]) - (space.Costs[raise.Item][indices[raise.Item]] / space.Costs[raise.Item][0]))
        .Select(raise => ((int, int)?)raise).FirstOrDefault();

    private int Above(int item, int current, int index)
    {
        for (var above = index - 1; above >= current; above--)
            if (Inside(item, current, above))
                return above;
        return index;
    }

    /// <summary>Whether a level keeps only what the current one has: nothing that was cut comes back.</summary>
    private bool Inside(int item, int current, int index)
    {
        if (item % 2 == 1 || index == current)
            return true;
        var levels = space.Space.Offered[item / 2].Attention;
        return HeadLevels.Contains(levels[current], levels[index]);
    }
}

/// <param name="Indices">What is kept, as level indices of the dense model's space.</param>
/// <param name="Lost">Share that each layer has lost by the rule; levels follow in whole heads and channels.</param>
internal sealed record AdaptiveState(int[] Indices, double[] Lost)
{
    public static AdaptiveState Dense(SearchSpace space) => new(new int[space.Items], new double[space.Offered.Count]);
}
