using ForgePrune.Levels;

namespace ForgePrune.Search;

/// <summary>KL, in nats per token, of every plan in which one block alone is replaced. Raw measurements; see <see cref="PriceTable"/>.</summary>
/// <param name="Windows">Windows each KL is the mean of.</param>
internal sealed record MeasuredPrices(int Windows, IReadOnlyList<LayerPrices> Layers)
{
    /// <summary>The grids that were priced.</summary>
    public IReadOnlyList<LevelGrid> Grids => [.. Layers.Select(layer => layer.Grid)];
}

/// <param name="Attention">KL per attention level of the grid; index 0, the dense block, is 0.</param>
/// <param name="Ffn">KL per FFN width of the grid; index 0 is 0.</param>
internal sealed record LayerPrices(LevelGrid Grid, double[] Attention, double[] Ffn);
