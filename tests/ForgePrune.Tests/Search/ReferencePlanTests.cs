using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Search;

public sealed class ReferencePlanTests
{
    private const string Stories = "stories15M";
    private const string MiniMind = "minimind2-small";

    [Test]
    public void Uniform_budget_keeps_the_reference_counts(
        [Values(Stories, MiniMind)] string model, [Values(20, 30, 40, 50, 60)] int percent)
    {
        var expected = ReferenceNumbers.Model(model).GetProperty("oneshot").GetProperty("obs_uniform").GetProperty($"{percent}");
        var config = Config(model);
        var plan = UniformBudget.Plan(config, percent / 100.0);
        Assert.That(plan.Layers.Select(l => l.KvHeads), Is.EqualTo(expected.GetProperty("groups_kept").Ints()));
        Assert.That(plan.Layers.Select(l => l.Ffn), Is.EqualTo(expected.GetProperty("channels_kept").Ints()));
        Assert.That(new PrunableCost(config).Of(plan), Is.EqualTo(expected.GetProperty("kept_prunable").GetInt64()));
    }

    [Test]
    public void Parameters_are_counted_as_the_reference_counts_them([Values(Stories, MiniMind)] string model)
    {
        var dense = ReferenceNumbers.Model(model).GetProperty("dense");
        var config = Config(model);
        var plan = new Plan(config.Layers);
        Assert.That(new ParameterCost(config).Of(plan), Is.EqualTo(dense.GetProperty("total_params").GetInt64()));
        Assert.That(new PrunableCost(config).Of(plan), Is.EqualTo(dense.GetProperty("prunable_params").GetInt64()));
        Assert.That(new ByteCost(config).Of(plan), Is.EqualTo(4 * dense.GetProperty("total_params").GetInt64()));
    }

    /// <summary>The reference's own prices through our solver: its dynamic programming works on whole multiples of its FFN step removed,
    /// so its plan is one of ours.</summary>
    [Test]
    [Category("Slow")]
    public void From_the_reference_prices_follows_the_reference_plan(
        [Values(Stories, MiniMind)] string model, [Values(20, 30, 40, 50, 60)] int percent)
    {
        var reference = ReferenceNumbers.Model(model);
        var config = Config(model);
        var cost = new PrunableCost(config);
        var prices = Prices(reference, config);
        var offered = prices.Grids.Select((grid, layer) => new LevelGrid(grid.Attention, FfnWidths.Fine(config.Layers[layer].Ffn, 8))).ToArray();
        var search = new SearchSpace(offered, prices.Grids);
        var table = PriceTable.From(prices, search);
        var expected = reference.GetProperty("oneshot").GetProperty("obs_dp_measured_single_kl").GetProperty($"{percent}");
        var plan = new Plan([.. expected.GetProperty("groups_kept").Ints().Zip(expected.GetProperty("channels_kept").Ints())
            .Select((kept, layer) => new LayerShape(kept.First, kept.First * config.Layers[layer].QueriesPerGroup, kept.Second))]);

        var space = new BudgetedSpace(search, cost, cost.Of(plan));
        var found = space.Solve(table.Prices);
        var theirs = plan.Layers.Select((layer, l) =>
            table.Prices[2 * l][offered[l].Attention.ToList().IndexOf(new(layer.KvHeads, layer.QueryHeads))]
            + table.Prices[2 * l + 1][offered[l].Ffn.ToList().IndexOf(layer.Ffn)]).Sum();
        Assert.That(found.Exact, Is.True);
        // Both are exact minima of one sum; the slack is for float64 sums in another order.
        Assert.That(found.Price, Is.LessThanOrEqualTo(theirs + 1e-12));
        Assert.That(found.Price, Is.EqualTo(theirs).Within(1e-9), "their plan is a minimum too");
    }

    private static ModelConfig Config(string name) => name == Stories
        ? TinyProblem.Model(6, new LayerShape(6, 6, 768), hidden: 288, headDim: 48, vocab: 32000)
        : TinyProblem.Model(8, new LayerShape(2, 8, 1408), hidden: 512, headDim: 64, vocab: 6400);

    private static MeasuredPrices Prices(System.Text.Json.JsonElement reference, ModelConfig config)
    {
        var measured = reference.GetProperty("single_matrix_kl_8_calib_windows");
        var heads = measured.GetProperty("o_proj_by_groups_removed").EnumerateArray().Select(e => e.Doubles()).ToArray();
        var ffn = measured.GetProperty("down_proj").EnumerateArray().Select(e => e.Doubles()).ToArray();
        var removed = measured.GetProperty("down_proj_channels").Ints();
        return new(8, [.. config.Layers.Select((layer, l) => new LayerPrices(
            new LevelGrid(
                [.. Enumerable.Range(0, layer.KvHeads + 1).Select(r => new AttentionLevel(layer.KvHeads - r, (layer.KvHeads - r) * layer.QueriesPerGroup))],
                [.. removed.Select(r => layer.Ffn - r)]),
            heads[l],
            ffn[l]))]);
    }
}
