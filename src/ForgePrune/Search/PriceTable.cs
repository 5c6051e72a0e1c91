using ForgePrune.Model;

namespace ForgePrune.Search;

/// <summary>A price for every level on offer, never lower where less is kept.</summary>
/// <param name="Prices">[item][index] as in <see cref="SearchSpace"/>, nats per token.</param>
/// <param name="LargestAdjustment">The largest difference of a measured price to the monotone one, in nats per token.</param>
internal sealed record PriceTable(double[][] Prices, double LargestAdjustment)
{
    /// <param name="loss">Known layer loss at a width, falling with width: its shape bends the line between two measured prices. Null:
    /// straight lines.</param>
    /// <param name="attentionLoss">The same of attention levels.</param>
    public static PriceTable From(
        MeasuredPrices measured, SearchSpace space, Func<int, int, double>? loss = null, Func<int, AttentionLevel, double>? attentionLoss = null)
    {
        var prices = new double[space.Items][];
        var adjustment = 0.0;
        for (var layer = 0; layer < measured.Layers.Count; layer++)
        {
            var (grid, attention, ffn) = measured.Layers[layer];
            var monotoneAttention = Monotone(grid.Attention, attention, HeadLevels.Contains);
            var monotoneFfn = Monotone(grid.Ffn, ffn, (larger, smaller) => larger >= smaller);
            adjustment = Math.Max(adjustment, Math.Max(Distance(attention, monotoneAttention), Distance(ffn, monotoneFfn)));

            var headCurve = attentionLoss is null ? null : Curry(attentionLoss, layer);
            prices[2 * layer] = [.. space.Offered[layer].Attention.Select(
                level => Between(grid.Attention, monotoneAttention, level, HeadLevels.Weight, headCurve, nested: false))];
            Fall(prices[2 * layer]);
            var curve = loss is null ? null : Curry(loss, layer);
            prices[2 * layer + 1] = [.. space.Offered[layer].Ffn.Select(width => Between(grid.Ffn, monotoneFfn, width, size => size, curve, nested: true))];
        }
        return new(prices, adjustment);
    }

    private static Func<TLevel, double> Curry<TLevel>(Func<int, TLevel, double> loss, int layer) => level => loss(layer, level);

    /// <summary>Levels that were not measured are not nested in those that were: where one seems dearer than the next smaller one, it costs as much.</summary>
    private static void Fall(double[] prices)
    {
        for (var index = 1; index < prices.Length; index++)
            prices[index] = Math.Max(prices[index], prices[index - 1]);
    }

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

    private static double Between<TLevel>(
        IReadOnlyList<TLevel> levels, double[] prices, TLevel level, Func<TLevel, int> size, Func<TLevel, double>? loss, bool nested)
    {
        for (var index = 0; index < levels.Count; index++)
            if (EqualityComparer<TLevel>.Default.Equals(levels[index], level))
                return prices[index];
        var below = 0;
        while (size(levels[below]) >= size(level))
            below++;
        var share = Share(levels[below - 1], levels[below], level, size, loss, nested);
        return prices[below - 1] + share * (prices[below] - prices[below - 1]);
    }

    /// <summary>How far a level lies between two others: by loss, or by size where there is none.</summary>
    /// <param name="nested">Whether each level keeps a part of every larger one, so that its loss lies between theirs; elsewhere a loss outside of the two is
    /// taken as the nearer.</param>
    private static double Share<TLevel>(TLevel high, TLevel low, TLevel level, Func<TLevel, int> size, Func<TLevel, double>? loss, bool nested)
    {
        var (start, end) = loss is null ? (0, 0) : (loss(high), loss(low));
        if (start == end)
            return (double)(size(high) - size(level)) / (size(high) - size(low));
        var share = (loss!(level) - start) / (end - start);
        return share is >= 0 and <= 1 || !nested
            ? Math.Clamp(share, 0, 1)
            : throw new ArgumentException($"the layer loss at {level} lies outside its values at {high} and {low}: it must fall with width");
    }
}
