using ForgePrune.Methods.SelfPruner;
using ForgePrune.Search;
using ForgePrune.Search.Costs;

namespace ForgePrune.Methods.Baselines;

/// <summary>Layer rates in an arithmetic progression that rises from the first layer to the last: one number, the common difference, decides,
/// and it is chosen by what its plan measures.</summary>
internal static class ArithmeticProgression
{
    private const int Differences = 9;

    /// <summary>One plan per difference, from none to the largest that keeps all rates in [0, 1]; what leads to the same plan counts once.</summary>
    public static IReadOnlyList<MeasuredPlan> Run(BudgetedSpace space, WindowScores scores)
    {
        var rates = new LayerRates(space);
        var most = rates.Layers == 1 ? 0 : 2 * Math.Min(rates.Mean, 1 - rates.Mean) / (rates.Layers - 1);
        var plans = Enumerable.Range(0, Differences).Select(step => most * step / (Differences - 1))
            .Select(difference => (Difference: difference, Indices: rates.Plan(Rates(rates, difference))))
            .DistinctBy(one => LevelSwitch.Key(one.Indices)).ToArray();
        var kl = scores.Measure([.. plans.Select(one => space.Space.PlanOf(one.Indices))], 0, scores.Count);
        return [.. plans.Select((one, i) => Named(space, one.Difference, one.Indices, kl[i]))];
    }

    private static double[] Rates(LayerRates rates, double difference) =>
        [.. Enumerable.Range(0, rates.Layers).Select(layer => Math.Clamp(rates.Mean + (difference * (layer - ((rates.Layers - 1) / 2.0))), 0, 1))];

    private static MeasuredPlan Named(BudgetedSpace space, double difference, int[] indices, double[] kl)
    {
        var plan = space.Space.PlanOf(indices);
        return new(FormattableString.Invariant($"common difference {difference:0.000}"), plan, indices, space.Cost.Of(plan), kl);
    }
}
