using ForgePrune.Model;

namespace ForgePrune.Search;

/// <summary>The rule of the literature comparisons: every layer loses the same share of its prunable weights.</summary>
internal static class UniformBudget
{
    /// <summary>Each layer loses the share <paramref name="removed"/> of its KV groups, rounded half up, and as many channels as bring
    /// its loss of prunable weights nearest to that share.</summary>
    /// <param name="removed">In [0, 1].</param>
    public static Plan Plan(ModelConfig config, double removed)
    {
        if (removed is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(removed), removed, "a share lies between 0 and 1");
        var cost = new Search.Costs.PrunableCost(config);
        return new Plan([.. config.Layers.Select(layer =>
        {
            var whole = cost.Attention(new(layer.KvHeads, layer.QueryHeads)) + cost.Mlp(layer.Ffn);
            var groups = layer.KvHeads - (int)Math.Floor(removed * layer.KvHeads + 0.5);
            var queries = groups * layer.QueriesPerGroup;
            var channels = (int)Math.Round(((1 - removed) * whole - cost.Attention(new(groups, queries))) / cost.Mlp(1));
            return new LayerShape(groups, queries, Math.Clamp(channels, 0, layer.Ffn));
        })]);
    }
}
