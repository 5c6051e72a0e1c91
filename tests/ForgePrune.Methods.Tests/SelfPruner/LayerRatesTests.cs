using ForgePrune.Methods.SelfPruner;
using ForgePrune.Model;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Methods.Tests.SelfPruner;

public sealed class LayerRatesTests
{
    [Test]
    public void Any_rates_become_a_plan_within_the_budget_that_no_raised_level_fits_beside([Range(0, 39)] int seed)
    {
        var random = new Random(seed);
        var space = Space(random);
        var rates = new LayerRates(space);
        for (var round = 0; round < 20; round++)
        {
            var plan = rates.Plan(Draw(random, rates.Layers));
            Assert.That(space.Cost.Of(space.Space.PlanOf(plan)), Is.LessThanOrEqualTo(space.Budget), $"seed {seed}");
            for (var item = 0; item < plan.Length; item++)
            {
                if (plan[item] == 0)
                    continue;
                plan[item]--;
                Assert.That(space.Cost.Of(space.Space.PlanOf(plan)), Is.GreaterThan(space.Budget), $"seed {seed}: item {item} could keep more");
                plan[item]++;
            }
        }
    }

    [Test]
    public void Water_filling_meets_the_budget_and_keeps_differences_between_rates_that_stay_inside([Range(0, 9)] int seed)
    {
        var random = new Random(seed);
        var space = Space(random);
        var rates = new LayerRates(space);
        var asked = Draw(random, rates.Layers);
        var filled = rates.Filled(asked);
        var left = Enumerable.Range(0, asked.Length).Sum(layer => (1 - filled[layer]) * (space.Costs[2 * layer][0] + space.Costs[(2 * layer) + 1][0]));
        // A hundred halvings end at the last bit of the shift; the sum of some layers rounds a few bits more.
        Assert.That(left, Is.EqualTo(space.Budget - space.Cost.Fixed).Within(1e-9).Percent);
        var inside = Enumerable.Range(0, asked.Length).Where(layer => filled[layer] is > 0 and < 1).ToArray();
        foreach (var layer in inside)
            Assert.That(filled[layer] - filled[inside[0]], Is.EqualTo(asked[layer] - asked[inside[0]]).Within(1e-12));
        Assert.That(rates.Filled(filled), Is.EqualTo(filled).Within(1e-12), "what meets the budget is left alone");
    }

    [Test]
    public void Rates_that_levels_meet_exactly_are_taken_as_they_are([Range(0, 9)] int seed)
    {
        var random = new Random(seed);
        var layers = random.Next(1, 6);
        // Four KV heads, and channels in four steps: quarters are levels of both.
        var config = TinyProblem.Model(layers, new(4, 4, 32));
        double[] asked = [.. Enumerable.Range(0, layers).Select(_ => random.Next(0, 5) / 4.0)];
        var cost = new PrunableCost(config);
        var whole = cost.Of(new Plan(config.Layers)) / layers;
        var space = new BudgetedSpace(SearchSpace.For(config, SearchSpaceOptions.Fifths(8), cost), cost, asked.Sum(rate => (1 - rate) * whole));
        var rates = new LayerRates(space);
        Assert.That(rates.Of(rates.Plan(asked)), Is.EqualTo(asked).Within(1e-12));
        Assert.That(rates.Mean, Is.EqualTo(asked.Average()).Within(1e-12));
    }

    [Test]
    public void Nothing_to_remove_and_nothing_to_keep_are_reached()
    {
        var config = TinyProblem.Model(3, new(2, 4, 24));
        var cost = new PrunableCost(config);
        var dense = new Plan(config.Layers);
        var space = SearchSpace.For(config, SearchSpaceOptions.Fifths(8), cost);
        Assert.That(space.PlanOf(new LayerRates(new(space, cost, cost.Of(dense))).Plan([0.9, 0, 0.3])), Is.EqualTo(dense));
        Assert.That(space.PlanOf(new LayerRates(new(space, cost, 0)).Plan([0.9, 0, 0.3])).Layers, Is.All.EqualTo(default(LayerShape)));
    }

    [Test]
    public void A_list_of_another_length_or_range_is_an_error()
    {
        var rates = new LayerRates(new TinyProblem(1).Space(0.5));
        Assert.That(() => rates.Plan([0.5]), Throws.ArgumentException);
        Assert.That(() => rates.Plan([0.5, 1.5]), Throws.ArgumentException);
        Assert.That(() => rates.Plan([0.5, double.NaN]), Throws.ArgumentException);
    }

    private static double[] Draw(Random random, int layers) => [.. Enumerable.Range(0, layers).Select(_ => random.Next(4) switch
    {
        0 => 0,
        1 => 1,
        _ => random.NextDouble(),
    })];

    /// <summary>Layers of different shapes, some without attention or MLP; sizes with or without a fixed part.</summary>
    private static BudgetedSpace Space(Random random)
    {
        var layers = Enumerable.Range(0, random.Next(1, 8)).Select(_ =>
        {
            var (groups, queries) = (random.Next(0, 5), random.Next(1, 3));
            return new LayerShape(groups, groups * queries, random.Next(0, 6) * 8);
        }).ToArray();
        layers[0] = new(2, 2, 40);
        var config = TinyProblem.Model(1, layers[0]) with { Layers = layers };
        ICostModel cost = random.Next(2) == 0 ? new PrunableCost(config) : new ParameterCost(config);
        var space = SearchSpace.For(config, SearchSpaceOptions.Fifths(8), cost);
        return new(space, cost, cost.Fixed + (random.NextDouble() * (cost.Of(space.Dense) - cost.Fixed)));
    }
}
