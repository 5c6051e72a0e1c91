using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Search.Costs;

namespace ForgePrune.Search;

/// <summary>The levels on offer in every layer. A plan is also a vector of level indices: item 2·layer is the layer's attention,
/// item 2·layer + 1 its MLP; index 0 is dense, and costs fall strictly from each index to the next.</summary>
/// <param name="Offered">The levels that a plan may use, one grid per layer.</param>
/// <param name="Priced">The levels whose price is measured, one grid per layer; prices between them are interpolated.</param>
public sealed record SearchSpace(IReadOnlyList<LevelGrid> Offered, IReadOnlyList<LevelGrid> Priced)
{
    /// <summary>The sizes of blocks of experts in plans of equal layers; null where there are none. The levels on offer are those of whole experts.</summary>
    internal ExpertGrid? Experts { get; init; }

    /// <summary>The number of items: two per layer.</summary>
    public int Items => 2 * Offered.Count;

    /// <summary>The plan that removes nothing.</summary>
    public Plan Dense => PlanOf(new int[Items]);

    /// <summary>The number of levels of one item.</summary>
    public int Levels(int item) => item % 2 == 0 ? Offered[item / 2].Attention.Count : Offered[item / 2].Ffn.Count;

    /// <summary>The search space of a model.</summary>
    /// <param name="config">The shape of the dense model.</param>
    /// <param name="options">The density of the levels.</param>
    /// <param name="cost">The cost; levels that are not cheaper than the level before them are left out.</param>
    public static SearchSpace For(ModelConfig config, SearchSpaceOptions options, ICostModel cost)
    {
        var offered = new LevelGrid[config.Layers.Count];
        var priced = new LevelGrid[config.Layers.Count];
        for (var layer = 0; layer < offered.Length; layer++)
        {
            var (shape, kind, shapes) = (config.Layers[layer], config.MlpOf(layer), options.Shapes);
            var step = kind.IsRouted ? kind.ExpertWidth : shapes.FfnStep(options.FfnStep, shape.Ffn);
            var attention = LevelFilter.CheaperAttention(shapes.Attention(config, layer, HeadLevels.For(config, shape, options.AttentionLevels)), cost);
            offered[layer] = new(attention, LevelFilter.CheaperWidths(Widths(FfnWidths.Fine(shape.Ffn, step)), cost));
            priced[layer] = new(HeadLevels.Spread(attention, options.PricedAttention),
                Widths(FfnWidths.Coarse(shape.Ffn, step, options.PricedShares)));

            // No fewer experts than a token passes.
            IReadOnlyList<int> Widths(IReadOnlyList<int> widths) => [.. shapes.Widths(widths).Where(kind.Allows)];
        }
        return new(offered, priced) { Experts = ExpertGrid.Of(config) };
    }

    /// <summary>The plan of a vector of level indices, one per item.</summary>
    public Plan PlanOf(ReadOnlySpan<int> indices)
    {
        var layers = new LayerShape[Offered.Count];
        for (var layer = 0; layer < layers.Length; layer++)
        {
            var attention = Offered[layer].Attention[indices[2 * layer]];
            layers[layer] = new(attention.KvHeads, attention.QueryHeads, Offered[layer].Ffn[indices[2 * layer + 1]]);
        }
        return new(layers);
    }

    /// <summary>The level indices of a plan; null where it uses a level that is not on offer. The inverse of <see cref="PlanOf"/>.</summary>
    public int[]? IndicesOf(Plan plan)
    {
        var indices = new int[Items];
        for (var layer = 0; layer < Offered.Count; layer++)
        {
            var shape = plan.Layers[layer];
            var (attention, ffn) = (new AttentionLevel(shape.KvHeads, shape.QueryHeads), shape.Ffn);
            indices[2 * layer] = Offered[layer].Attention.TakeWhile(level => level != attention).Count();
            indices[2 * layer + 1] = Offered[layer].Ffn.TakeWhile(width => width != ffn || shape.ExpertWidth > 0).Count();
        }
        return Enumerable.Range(0, Items).All(item => indices[item] < Levels(item)) ? indices : null;
    }

    /// <summary>The cost of every level: Costs[item][index], in the unit of <paramref name="cost"/>.</summary>
    public double[][] Costs(ICostModel cost)
    {
        var costs = new double[Items][];
        for (var layer = 0; layer < Offered.Count; layer++)
        {
            costs[2 * layer] = [.. Offered[layer].Attention.Select(cost.Attention)];
            costs[2 * layer + 1] = [.. Offered[layer].Ffn.Select(width => cost.Mlp(width))];
        }
        return costs;
    }
}
