namespace ForgePrune.Search;

/// <summary>A price for every level on offer, never lower where less is kept.</summary>
/// <param name="Prices">[item][index] as in <see cref="SearchSpace"/>, nats per token.</param>
/// <param name="LargestAdjustment">The largest difference of a measured price to the monotone one, in nats per token.</param>
internal sealed record PriceTable(double[][] Prices, double LargestAdjustment)
{
    /// <param name="loss">Known layer loss at a width, falling with width: its shape bends the line between two measured prices. Null:
    /// straight lines.</param>
    public static PriceTable From(MeasuredPrices measured, SearchSpace space, Func<int, int, double>? loss = null)
    {
        var prices = new double[space.Items][];
        var adjustment = 0.0;
        for (var layer = 0; layer < measured.Layers.Count; layer++)
        {
            var (grid, attention, ffn) = measured.Layers[layer];
            var monotoneAttention = Monotone(grid.Attention, attention, HeadLevels.Contains);
            var monotoneFfn = Monotone(grid.Ffn, ffn, (larger, smaller) => larger >= smaller);
            adjustment = Math.Max(adjustment, Math.Max(Distance(attention, monotoneAttention), Distance(ffn, monotoneFfn)));

            var byLevel = grid.Attention.Zip(monotoneAttention).ToDictionary();
            prices[2 * layer] = [.. space.Offered[layer].Attention.Select(level => byLevel[level])];
            var curve = loss is null ? null : Curry(loss, layer);
            prices[2 * layer + 1] = [.. space.Offered[layer].Ffn.Select(width => Between(grid.Ffn, monotoneFfn, width, curve))];
        }
        return new(prices, adjustment);
    }

    private static Func<int, double> Curry(Func<int, int, double> loss, int layer) => width => loss(layer, width);

    /// <summary>Isotonic regression in the maximum norm, for any partial order: halfway between the highest price of what contains the
    /// level and the lowest price of what it contains (Ubhaya 1974).</summary>
    private static double[] Monotone<TLevel>(IReadOnlyList<TLevel> levels, double[] prices, Func<TLevel, TLevel, bool> contains)
    {
        var monotone = new double[prices.Length];
        for (var index = 0; index < prices.Length; index++)
        {
            var (above, below) = (prices[index], prices[index]);
            for (var other = 0; other < prices.Length; other++)
            {
                if (contains(levels[other], levels[index]))
                    above = Math.Max(above, prices[other]);
                if (contains(levels[index], levels[other]))
                    below = Math.Min(below, prices[other]);
            }
            monotone[index] = (above + below) / 2;
        }
        return monotone;
    }

    private static double Distance(double[] measured, double[] monotone) =>
        measured.Zip(monotone, (a, b) => Math.Abs(a - b)).Max();

    private static double Between(IReadOnlyList<int> widths, double[] prices, int width, Func<int, double>? loss)
    {
        var below = 0;
        while (widths[below] > width)
            below++;
        if (widths[below] == width)
            return prices[below];
        var (high, low) = (widths[below - 1], widths[below]);
        var share = Share(high, low, width, loss);
        return prices[below - 1] + share * (prices[below] - prices[below - 1]);
    }

    private static double Share(int high, int low, int width, Func<int, double>? loss)
    {
        var (start, end) = loss is null ? (0, 0) : (loss(high), loss(low));
        if (start == end)
            return (double)(high - width) / (high - low);
        var share = (loss!(width) - start) / (end - start);
        return share is >= 0 and <= 1
            ? share
            : throw new ArgumentException($"the layer loss at width {width} lies outside its values at {high} and {low}: it must fall with width");
    }
}
