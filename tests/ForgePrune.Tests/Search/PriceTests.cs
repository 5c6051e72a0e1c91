using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Search;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Search;

public sealed class PriceTests
{
    private static readonly AttentionLevel[] Heads = [new(2, 2), new(1, 1), default];

    [Test]
    public void Each_price_is_the_kl_of_one_block_replaced()
    {
        var problem = new TinyProblem(1);
        var space = problem.Space(0.5);
        var windows = TinyProblem.Windows(3);
        var prices = SingleReplacementPrices.Measure(space.Space.Dense, space.Space.Priced, problem, windows);
        for (var layer = 0; layer < 2; layer++)
        {
            var dense = space.Space.Dense;
            Assert.That((prices.Layers[layer].Attention[0], prices.Layers[layer].Ffn[0]), Is.EqualTo((0.0, 0.0)));
            foreach (var (level, price) in space.Space.Priced[layer].Attention.Zip(prices.Layers[layer].Attention))
            {
                var plan = dense.With(layer, dense.Layers[layer] with { KvHeads = level.KvHeads, QueryHeads = level.QueryHeads });
                Assert.That(price, Is.EqualTo(problem.Kl([plan], windows)[0].Average()));
            }
            foreach (var (width, price) in space.Space.Priced[layer].Ffn.Zip(prices.Layers[layer].Ffn))
                Assert.That(price, Is.EqualTo(problem.Kl([dense.With(layer, dense.Layers[layer] with { Ffn = width })], windows)[0].Average()));
        }
    }

    [Test]
    public void Prices_survive_the_file_unchanged()
    {
        var path = Directory.CreateTempSubdirectory("forgeprune-search-").FullName;
        var problem = new TinyProblem(1);
        var prices = SingleReplacementPrices.Measure(problem.Space(1).Space.Dense, problem.Space(1).Space.Priced, problem, TinyProblem.Windows(3));
        new SearchFolder(path).Prices = prices;
        var read = new SearchFolder(path).Prices!;
        Assert.That(read.Windows, Is.EqualTo(3));
        Assert.That(read.Layers.Select(l => l.Attention), Is.EqualTo(prices.Layers.Select(l => l.Attention)));
        Assert.That(read.Layers.Select(l => l.Ffn), Is.EqualTo(prices.Layers.Select(l => l.Ffn)));
        Assert.That(read.Grids.Select(g => g.Attention), Is.EqualTo(prices.Grids.Select(g => g.Attention)));
        Assert.That(read.Grids.Select(g => g.Ffn), Is.EqualTo(prices.Grids.Select(g => g.Ffn)));
        Directory.Delete(path, recursive: true);
    }

    [Test]
    public void A_dip_is_levelled_and_reported()
    {
        var table = Table(heads: [0, 0.5, 0.3], ffn: [0, 1, 4], offered: [8, 4, 0]);
        Assert.That(table.Prices[0], Is.EqualTo(new[] { 0, 0.4, 0.4 }).Within(1e-15));
        Assert.That(table.LargestAdjustment, Is.EqualTo(0.1).Within(1e-15));
    }

    [Test]
    public void Between_prices_lies_a_straight_line_or_the_shape_of_the_loss()
    {
        Assert.That(Table([0, 1, 2], [0, 1, 4], [8, 6, 4, 2, 0]).Prices[1], Is.EqualTo(new[] { 0, 0.5, 1, 2.5, 4 }));
        var bent = Table([0, 1, 2], [0, 1, 4], [8, 6, 4, 2, 0], (_, width) => (8.0 - width) * (8 - width));
        Assert.That(bent.Prices[1], Is.EqualTo(new[] { 0, 0.25, 1, 1 + 3 * 20.0 / 48, 4 }));
        Assert.That(Table([0, 1, 2], [0, 1, 4], [8, 6, 4, 0], (_, _) => 7).Prices[1], Is.EqualTo(new[] { 0, 0.5, 1, 4 }), "a flat loss says nothing");
        Assert.That(() => Table([0, 1, 2], [0, 1, 4], [8, 6, 0], (_, width) => width == 6 ? 99 : 8 - width), Throws.ArgumentException);
    }

    [Test]
    public void Random_prices_become_monotone_and_monotone_ones_stay()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            double[] Draw() => [0, random.NextDouble(), random.NextDouble()];
            var (heads, ffn) = (Draw(), Draw());
            var table = Table(heads, ffn, [8, 6, 4, 2, 0]);
            Assert.That(table.Prices, Is.All.Ordered, $"seed {seed}");
            if (heads[1] <= heads[2])
                Assert.That(table.Prices[0], Is.EqualTo(heads), $"seed {seed}");
        }
    }

    private static PriceTable Table(double[] heads, double[] ffn, int[] offered, Func<int, int, double>? loss = null)
    {
        var grid = new LevelGrid(Heads, [8, 4, 0]);
        return PriceTable.From(new(1, [new(grid, heads, ffn)]), new SearchSpace([new(Heads, offered)], [grid]), loss);
    }
}
