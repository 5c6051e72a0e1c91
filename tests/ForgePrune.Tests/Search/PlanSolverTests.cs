using ForgePrune.Search;

namespace ForgePrune.Tests.Search;

public sealed class PlanSolverTests
{
    // Sums of at most six terms near one, added in two orders.
    private const double Rounding = 1e-12;

    [Test]
    public void Equals_brute_force_on_random_problems([Values(1, 2)] int costKind)
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var (costs, prices) = Problem(random, random.Next(0, 5), costKind);
            var fixedCost = random.NextDouble();
            var budget = fixedCost + random.NextDouble() * costs.Sum(c => c[0]);
            var expected = Best(costs, prices, fixedCost, budget);
            var found = PlanSolver.Solve(costs, prices, fixedCost, budget);
            if (expected is null)
            {
                Assert.That(found, Is.Null, $"seed {seed}");
                continue;
            }
            Assert.That(found, Is.Not.Null, $"seed {seed}");
            Assert.That(found!.Price, Is.EqualTo(expected.Value.Price).Within(Rounding), $"seed {seed}");
            Assert.That(found.Cost, Is.LessThanOrEqualTo(budget), $"seed {seed}");
            Assert.That(found.Exact, Is.True);
            Assert.That(found.Cost, Is.EqualTo(fixedCost + found.Indices.Select((index, item) => costs[item][index]).Sum()).Within(Rounding));
            Assert.That(found.Price, Is.EqualTo(found.Indices.Select((index, item) => prices[item][index]).Sum()).Within(Rounding));
        }
    }

    [Test]
    public void Of_equal_prices_takes_the_lower_cost_then_the_later_item_dense()
    {
        double[][] costs = [[2, 1], [2, 1]];
        double[][] flat = [[0, 0], [0, 0]];
        double[][] symmetric = [[0, 1], [0, 1]];
        Assert.That(PlanSolver.Solve(costs, flat, 0, 4)!.Indices, Is.EqualTo(new[] { 1, 1 }));
        Assert.That(PlanSolver.Solve(costs, symmetric, 0, 3)!.Indices, Is.EqualTo(new[] { 1, 0 }));
    }

    [Test]
    public void Bounded_form_keeps_the_budget_and_stays_close_to_the_exact_one()
    {
        var random = new Random(7);
        var (costs, prices) = Problem(random, 8, 2, levels: 60);
        var budget = 0.5 * costs.Sum(c => c[0]);
        var exactFront = new Partial[] { new(0, 0, -1, -1) };
        var boundFront = exactFront;
        for (var item = 0; item < 3; item++)
        {
            exactFront = ParetoFront.Exact(exactFront, costs[item], prices[item], budget);
            boundFront = ParetoFront.Bucketed(boundFront, costs[item], prices[item], budget, 2000);
        }
        // Three roundings of at most a 2000th of the budget each, where the front falls by at most its whole height over the budget.
        Assert.That(boundFront[^1].Price, Is.EqualTo(exactFront[^1].Price).Within(0.01 * exactFront[0].Price));
        Assert.That(boundFront[^1].Price, Is.GreaterThanOrEqualTo(exactFront[^1].Price));
        Assert.That(boundFront[0].Cost, Is.EqualTo(exactFront[0].Cost), "the least cost survives");

        var found = PlanSolver.Solve(costs, prices, 0, budget)!;
        Assert.That(found.Exact, Is.False);
        Assert.That(found.Cost, Is.LessThanOrEqualTo(budget));
    }

    [Test]
    public void A_budget_that_only_the_least_levels_fit_is_met()
    {
        var (costs, prices) = Problem(new Random(3), 8, 2, levels: 60);
        var least = 0.0;
        foreach (var levels in costs)
            least += levels[^1];
        Assert.That(PlanSolver.Solve(costs, prices, 0, least)!.Indices, Is.All.EqualTo(59));
        Assert.That(PlanSolver.Solve(costs, prices, 0, Math.BitDecrement(least)), Is.Null);
    }

    [Test]
    public void Forbidden_levels_are_not_taken()
    {
        double[][] costs = [[2, 1, 0.5]];
        double[][] prices = [[double.PositiveInfinity, 5, 9]];
        Assert.That(PlanSolver.Solve(costs, prices, 0, 10)!.Indices, Is.EqualTo(new[] { 1 }));
    }

    /// <summary>Falling costs, rising prices; kind 1 has whole costs and few distinct prices, so that ties abound.</summary>
    private static (double[][] Costs, double[][] Prices) Problem(Random random, int items, int kind, int? levels = null)
    {
        double Draw(int top) => kind == 1 ? random.Next(1, top) : 0.01 + random.NextDouble();
        var costs = new double[items][];
        var prices = new double[items][];
        for (var item = 0; item < items; item++)
        {
            var count = levels ?? random.Next(1, 6);
            costs[item] = new double[count];
            prices[item] = new double[count];
            for (var index = count - 2; index >= 0; index--)
                costs[item][index] = costs[item][index + 1] + Draw(4);
            for (var index = 1; index < count; index++)
                prices[item][index] = prices[item][index - 1] + Draw(3);
        }
        return (costs, prices);
    }

    private static (double Price, double Cost)? Best(double[][] costs, double[][] prices, double fixedCost, double budget)
    {
        (double Price, double Cost)? best = null;
        void Visit(int item, double cost, double price)
        {
            if (item == costs.Length)
            {
                if (cost <= budget && (best is null || price < best.Value.Price))
                    best = (price, cost);
                return;
            }
            for (var index = 0; index < costs[item].Length; index++)
                Visit(item + 1, cost + costs[item][index], price + prices[item][index]);
        }
        Visit(0, fixedCost, 0);
        return best;
    }
}
