using ForgePrune.Model;
using ForgePrune.Search.Costs;

namespace ForgePrune.Methods.Baselines;

/// <summary>FLAP's AL-AM: attention and MLP scores are standardised per layer, pooled over all layers, and the lowest go first.</summary>
internal static class GlobalPruning
{
    /// <summary>(score − mean) / standard deviation (n − 1); zeros where all scores are equal or there is one only.</summary>
    public static double[] Standardised(IReadOnlyList<double> scores)
    {
        var mean = scores.Count == 0 ? 0 : scores.Average();
        var deviation = scores.Count < 2 ? 0 : Math.Sqrt(scores.Sum(s => (s - mean) * (s - mean)) / (scores.Count - 1));
        return [.. scores.Select(s => deviation == 0 ? 0 : (s - mean) / deviation)];
    }

    /// <summary>Removes whole KV groups and channels by rising score until the plan costs no more than <paramref name="budget"/>.
    /// Which groups go inside a layer is its own removal order; only how many is decided here.</summary>
    /// <param name="attention">Standardised scores per layer and KV group.</param>
    /// <param name="mlp">Standardised scores per layer and channel.</param>
    /// <exception cref="TargetNotMetException">Nothing left to remove, and still above the budget.</exception>
    public static Plan Plan(
        ModelConfig config,
        IReadOnlyList<double[]> attention,
        IReadOnlyList<double[]> mlp,
        ICostModel cost,
        double budget)
    {
        var pool = attention.SelectMany((scores, layer) => scores.Select(score => (score, layer, isMlp: false)))
            .Concat(mlp.SelectMany((scores, layer) => scores.Select(score => (score, layer, isMlp: true))))
            .OrderBy(entry => entry.score);
        var layers = config.Layers.ToArray();
        // A running sum, since a large model has some hundred thousand channels; the plan itself is checked before it is taken.
        var running = cost.Of(new Plan(layers));
        foreach (var (_, layer, isMlp) in pool)
        {
            if (running <= budget && cost.Of(new Plan(layers)) <= budget)
                break;
            var shape = layers[layer];
            layers[layer] = isMlp
                ? shape with { Ffn = shape.Ffn - 1 }
                : shape with { KvHeads = shape.KvHeads - 1, QueryHeads = shape.QueryHeads - shape.QueriesPerGroup };
            running += Block(cost, layers[layer], isMlp) - Block(cost, shape, isMlp);
        }
        var plan = new Plan(layers);
        return cost.Of(plan) <= budget ? plan : throw TargetNotMetException.For(cost, new Plan(config.Layers), cost.Of(plan), budget);
    }

    private static double Block(ICostModel cost, LayerShape shape, bool isMlp) =>
        isMlp ? cost.Mlp(shape.Ffn) : cost.Attention(new(shape.KvHeads, shape.QueryHeads));
}
