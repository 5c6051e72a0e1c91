using ForgePrune.Model;
using ForgePrune.Search;
using ForgePrune.Search.Costs;

namespace ForgePrune.Methods.Baselines;

/// <summary>2SSP: first every MLP loses the same number of channels, then whole attention blocks go one by one, each time the one whose loss
/// the text feels least.</summary>
internal static class TwoStagePruning
{
    // The authors' exponent of the balance between the two stages.
    private const double Alpha = 1.5;

    /// <param name="scores">What decides which attention block goes next.</param>
    /// <exception cref="TargetNotMetException">Nothing left to remove, and still above the budget.</exception>
    public static IReadOnlyList<(string Name, Plan Plan, double Kl)> Run(ModelConfig config, ICostModel cost, double budget, WindowScores scores)
    {
        var dense = new Plan(config.Layers);
        var leave = AttentionToRemove(config, cost, budget);
        while (leave < config.Layers.Count && cost.Of(Narrowed(dense, 0, leave)) > budget)
            leave++;
        var plan = Narrowed(dense, Width(dense, leave, cost, budget), 0);
        var stages = new List<(string, Plan, double)> { ("equal channels", plan, scores.Measure([plan], 0, scores.Count)[0].Average()) };
        for (var removed = 0; removed < leave; removed++)
        {
            var candidates = Enumerable.Range(0, plan.Layers.Count).Where(layer => plan.Layers[layer].HasAttention).Select(layer => Without(plan, layer))
                .ToArray();
            if (candidates.Length == 0)
                break;
            var kl = scores.Measure(candidates, 0, scores.Count).Select(windows => windows.Average()).ToArray();
            var best = Enumerable.Range(0, kl.Length).MinBy(i => kl[i]);
            plan = candidates[best];
            stages.Add(($"{removed + 1} attention blocks removed", plan, kl[best]));
        }

        return cost.Of(plan) <= budget ? stages : throw TargetNotMetException.For(cost, dense, cost.Of(plan), budget);
    }

    /// <summary>round(L · s^((mlp / attention) / α)) for the share s that goes, costs taken over all layers.</summary>
    public static int AttentionToRemove(ModelConfig config, ICostModel cost, double budget)
    {
        var (attention, mlp) = (config.Layers.Sum(layer => cost.Attention(new(layer.KvHeads, layer.QueryHeads))),
            config.Layers.Sum(layer => cost.Mlp(layer.Ffn)));
        if (attention == 0)
            return 0;
        var gone = Math.Clamp(1 - ((budget - cost.Fixed) / (attention + mlp)), 0, 1);
        return (int)Math.Round(config.Layers.Count(layer => layer.HasAttention) * Math.Pow(gone, mlp / attention / Alpha));
    }

    /// <summary>The widest MLP for every layer that fits once the attention blocks are gone; of equal layers it does not matter which.</summary>
    private static int Width(Plan dense, int leave, ICostModel cost, double budget)
    {
        var (low, high) = (0, dense.Layers.Max(layer => layer.Ffn));
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = cost.Of(Narrowed(dense, middle, leave)) <= budget ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    // The cheapest attention blocks are counted as gone where layers differ, so that the width fits whichever go.
    private static Plan Narrowed(Plan dense, int width, int leave)
    {
        var gone = Enumerable.Range(0, dense.Layers.Count).Where(layer => dense.Layers[layer].HasAttention)
            .OrderBy(layer => dense.Layers[layer].QueryHeads + dense.Layers[layer].KvHeads).Take(leave).ToHashSet();
        return new([.. dense.Layers.Select((layer, index) =>
            new LayerShape(gone.Contains(index) ? 0 : layer.KvHeads, gone.Contains(index) ? 0 : layer.QueryHeads, Math.Min(layer.Ffn, width)))]);
    }

    private static Plan Without(Plan plan, int layer) => plan.With(layer, new(0, 0, plan.Layers[layer].Ffn));
}
