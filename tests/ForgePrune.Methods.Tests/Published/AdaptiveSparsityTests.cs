using ForgePrune.Methods.AdaptPruner;
using ForgePrune.Model;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Methods.Tests.Published;

public sealed class AdaptiveSparsityTests
{
    private const double Step = AdaptiveSparsity.Step, Amplitude = AdaptiveSparsity.Amplitude;

    [Test]
    public void Importance_has_mean_zero_and_reaches_one()
    {
        Assert.That(AdaptiveSparsity.Importance([0.1, 0.4, 0.1]), Is.EqualTo(new[] { -0.5, 1, -0.5 }).Within(1e-12));
        Assert.That(AdaptiveSparsity.Importance([0.3, 0.3]), Is.EqualTo(new[] { 0.0, 0 }), "equal layers are equally important");
        Assert.That(AdaptiveSparsity.Importance([0.0, 0.2]), Is.EqualTo(new[] { -1.0, 1 }).Within(1e-12));
    }

    [Test]
    public void A_step_is_the_authors_formula_and_levels_follow_in_whole_heads()
    {
        // Ten heads and a hundred levels of channels.
        var space = Space([new(10, 10, 800), new(10, 10, 800), new(10, 10, 800)], 0.1, 8);
        var rule = new AdaptiveSparsity(space);
        double[] importance = [1, 0, -1];
        var state = AdaptiveState.Dense(space.Space);
        for (var step = 1; step <= 4; step++)
        {
            state = rule.Next(state, importance, space.Budget);
            double[] expected = [.. importance.Select(value => step * (Step - (Amplitude * value)))];
            Assert.That(state.Lost, Is.EqualTo(expected).Within(1e-12), $"step {step}");
            for (var layer = 0; layer < 3; layer++)
            {
                var shape = space.Space.PlanOf(state.Indices).Layers[layer];
                // Removed are whole heads, floor(share · heads), and whole steps of eight channels.
                Assert.That(shape.QueryHeads, Is.EqualTo(10 - (int)((expected[layer] * 10) + 1e-9)), $"step {step}, layer {layer}");
                Assert.That(shape.Ffn, Is.EqualTo(800 - (8 * (int)((expected[layer] * 100) + 1e-9))), $"step {step}, layer {layer}");
            }
        }
    }

    [Test]
    public void Budgets_are_met_exactly_and_nothing_comes_back([Range(0, 29)] int seed)
    {
        var random = new Random(seed);
        var layers = random.Next(1, 5);
        var shapes = Enumerable.Range(0, layers).Select(_ => new LayerShape(2, 2 * random.Next(1, 4), 8 * random.Next(1, 20))).ToArray();
        var space = Space(shapes, 0.05 + (0.9 * random.NextDouble()), 8);
        var rule = new AdaptiveSparsity(space);
        var state = AdaptiveState.Dense(space.Space);
        var steps = 0;
        while (rule.Cost(state.Indices) > space.Budget)
        {
            var next = rule.Next(state, AdaptiveSparsity.Importance([.. shapes.Select(_ => random.NextDouble())]), space.Budget);
            var (before, after) = (space.Space.PlanOf(state.Indices).Layers, space.Space.PlanOf(next.Indices).Layers);
            for (var layer = 0; layer < layers; layer++)
            {
                Assert.That(after[layer].KvHeads, Is.LessThanOrEqualTo(before[layer].KvHeads), $"seed {seed}");
                Assert.That(after[layer].QueriesPerGroup, Is.LessThanOrEqualTo(before[layer].QueriesPerGroup), $"seed {seed}");
                Assert.That(after[layer].Ffn, Is.LessThanOrEqualTo(before[layer].Ffn), $"seed {seed}");
                Assert.That(next.Lost[layer], Is.GreaterThanOrEqualTo(state.Lost[layer]), $"seed {seed}");
            }

            Assert.That(++steps, Is.LessThan(500), $"seed {seed}: it ends");
            if (rule.Cost(next.Indices) <= space.Budget)
                RequireFull(space, state.Indices, next.Indices, seed);
            state = next;
        }
    }

    [Test]
    public void A_layer_that_is_always_the_most_important_gives_way_only_at_the_end()
    {
        var space = Space([new(4, 4, 64), new(4, 4, 64)], 0.3, 8);
        var rule = new AdaptiveSparsity(space);
        var state = AdaptiveState.Dense(space.Space);
        while (rule.Cost(state.Indices) > space.Budget)
        {
            state = rule.Next(state, [1, -1], space.Budget);
            if (state.Lost[0] > 0)
                Assert.That(state.Lost[1], Is.EqualTo(0.99), "the other has nothing more to give");
        }

        Assert.That(state.Lost[0], Is.GreaterThan(0));
        Assert.That(space.Space.PlanOf(state.Indices).Layers[1], Is.EqualTo(new LayerShape(1, 1, 8)), "a hundredth stays, which is one level");
    }

    [Test]
    public void Whole_blocks_go_where_no_plan_with_all_of_them_is_small_enough()
    {
        var space = Space([new(2, 2, 16), new(2, 2, 16)], 0.3, 16);
        var rule = new AdaptiveSparsity(space);
        var state = AdaptiveState.Dense(space.Space);
        while (rule.Cost(state.Indices) > space.Budget)
            state = rule.Next(state, [0.5, -0.5], space.Budget);
        Assert.That(rule.Cost(state.Indices), Is.LessThanOrEqualTo(space.Budget));
    }

    private static void RequireFull(BudgetedSpace space, int[] before, int[] indices, int seed)
    {
        for (var item = 0; item < indices.Length; item++)
            for (var above = before[item]; above < indices[item]; above++)
            {
                var raised = indices.ToArray();
                raised[item] = above;
                var levels = space.Space.Offered[item / 2].Attention;
                if (item % 2 == 0 && !(HeadLevels.Contains(levels[before[item]], levels[above]) && HeadLevels.Contains(levels[above], levels[indices[item]])))
                    continue;
                Assert.That(space.Cost.Of(space.Space.PlanOf(raised)), Is.GreaterThan(space.Budget), $"seed {seed}: item {item} could keep more");
            }
    }

    private static BudgetedSpace Space(LayerShape[] shapes, double share, int step)
    {
        var config = TinyProblem.Model(shapes.Length, shapes[0]) with { Layers = shapes };
        var cost = new PrunableCost(config);
        return new(SearchSpace.For(config, SearchSpaceOptions.Fifths(step), cost), cost, share * cost.Of(new Plan(config.Layers)));
    }
}
