using ForgePrune.Latency;
using ForgePrune.Timing;
using ForgePrune.Model;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Search;

public sealed class SearchSpaceTests
{
    [Test]
    public void Without_groups_every_head_count_is_on_offer()
    {
        var levels = HeadLevels.For(new LayerShape(32, 32, 1), 10);
        Assert.That(levels, Is.EqualTo(Enumerable.Range(0, 33).Reverse().Select(heads => new AttentionLevel(heads, heads))));
    }

    [TestCase(2, 4), TestCase(8, 32), TestCase(8, 64), TestCase(1, 1), TestCase(1, 8), TestCase(4, 28)]
    public void Grouped_levels_run_from_dense_to_none_and_stay_few(int kvHeads, int queryHeads)
    {
        var levels = HeadLevels.For(new LayerShape(kvHeads, queryHeads, 1), 10);
        Assert.That(levels[0], Is.EqualTo(new AttentionLevel(kvHeads, queryHeads)));
        Assert.That(levels[^1], Is.EqualTo(default(AttentionLevel)));
        Assert.That(levels.Count, Is.InRange(2, 10));
        Assert.That(levels, Is.Unique);
        Assert.That(levels.SkipLast(1).Select(l => l.QueryHeads % l.KvHeads), Is.All.Zero);
    }

    [Test]
    public void Indices_and_plans_are_two_names_for_the_same()
    {
        var config = TinyProblem.Model(3, new LayerShape(2, 4, 40));
        var space = SearchSpace.For(config, SearchSpaceOptions.Fifths(16), new PrunableCost(config));
        var random = new Random(5);
        for (var trial = 0; trial < 20; trial++)
        {
            var indices = Enumerable.Range(0, space.Items).Select(item => random.Next(space.Levels(item))).ToArray();
            Assert.That(space.IndicesOf(space.PlanOf(indices)), Is.EqualTo(indices));
        }
        Assert.That(space.IndicesOf(space.Dense.With(1, new LayerShape(2, 4, 17))), Is.Null, "no such width on offer");
    }

    [Test]
    public void A_layer_that_lost_a_block_offers_nothing_for_it()
    {
        var config = TinyProblem.Model(1, new LayerShape(0, 0, 0));
        var space = SearchSpace.For(config, SearchSpaceOptions.Fifths(16), new PrunableCost(config));
        Assert.That((space.Levels(0), space.Levels(1)), Is.EqualTo((1, 1)));
        Assert.That(space.Dense.Layers[0], Is.EqualTo(default(LayerShape)));
    }

    [TestCase(0, 8, new[] { 0 }), TestCase(1, 8, new[] { 1, 0 }), TestCase(16, 8, new[] { 16, 8, 0 }), TestCase(20, 8, new[] { 20, 16, 8, 0 })]
    public void Widths_are_the_dense_one_and_multiples(int dense, int step, int[] expected) =>
        Assert.That(FfnWidths.Fine(dense, step), Is.EqualTo(expected));

    [Test]
    public void Priced_widths_are_among_those_on_offer()
    {
        Assert.That(FfnWidths.Coarse(768, 16, [0.8, 0.6, 0.4, 0.2]), Is.EqualTo(new[] { 768, 608, 464, 304, 160, 0 }));
        Assert.That(FfnWidths.Coarse(16, 16, [0.8, 0.2]), Is.EqualTo(new[] { 16, 0 }));
        Assert.That(FfnWidths.Fine(1408, 32), Is.SupersetOf(FfnWidths.Coarse(1408, 32, SearchSpaceOptions.Fine(32).PricedShares)));
    }

    [Test]
    public void Levels_that_cost_no_less_than_a_larger_one_are_dropped()
    {
        var cost = LatencyCost.Of(new PhaseTable(0,
            new Dictionary<AttentionLevel, double> { [new(2, 4)] = 4, [new(2, 2)] = 4, [new(1, 2)] = 5, [new(1, 1)] = 2 },
            new Dictionary<int, double> { [8] = 2, [16] = 2, [24] = 3, [32] = 3 }));
        Assert.That(LevelFilter.CheaperWidths([32, 24, 16, 8, 0], cost), Is.EqualTo(new[] { 32, 16, 0 }));
        Assert.That(LevelFilter.CheaperAttention([new(2, 4), new(2, 2), new(1, 2), new(1, 1), default], cost),
            Is.EqualTo(new AttentionLevel[] { new(2, 4), new(1, 1), default }));
    }

    [Test]
    public void Uniform_plan_is_the_evenest_that_fits()
    {
        var problem = new TinyProblem(0, layers: 3, ffn: 64);
        var space = problem.Space(2.0 / 3);
        var plan = space.Space.PlanOf(UniformPlan.Within(space.Space, space.Cost, space.Budget)!);
        Assert.That(plan.Layers.Distinct().Count(), Is.EqualTo(1));
        Assert.That(plan.Layers[0], Is.EqualTo(new LayerShape(2, 2, 40)));
        Assert.That(space.Cost.Of(plan), Is.LessThanOrEqualTo(space.Budget));
        Assert.That(UniformPlan.Within(space.Space, space.Cost, -1), Is.Null);
    }
}
