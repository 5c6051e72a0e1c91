using ForgePrune.Methods.Baselines;
using ForgePrune.Methods.ZipLM;
using ForgePrune.Model;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Methods.Tests.Published;

public sealed class PublishedRulesTests
{
    private static readonly SearchEffort Effort = new(4, 2, 0, 10, 10, 12, []);

    [Test]
    public void True_additive_priors_give_the_best_plan_of_all_at_once([Range(0, 9)] int seed)
    {
        var problem = new TinyProblem(seed, coupling: 0);
        var space = problem.Space(0.55);
        var windows = TinyProblem.Windows(4);
        var priors = Alone(problem, space);
        var found = new SpdySearch(space, priors, new WindowScores(problem, windows), Effort).Run(1);
        Assert.That(found[0].Kl, Is.EqualTo(problem.BruteForce(space, windows).Kl).Within(1e-12));
    }

    [Test]
    public void Searched_factors_gain_over_wrong_priors_within_the_budget()
    {
        var gained = 0;
        for (var seed = 0; seed < 10; seed++)
        {
            var problem = new TinyProblem(seed, layers: 4, coupling: 2, ffn: 64);
            var space = problem.Space(0.5);
            // All blocks alike: what SPDY must find out is how they differ.
            var priors = space.Costs.Select(levels => levels.Select(cost => Math.Sqrt(1 - (cost / levels[0]))).ToArray()).ToArray();
            var search = new SpdySearch(space, priors, new WindowScores(problem, TinyProblem.Windows(4)), Effort);
            var (found, again) = (search.Run(3), search.Run(3));
            Assert.That(found[^1].Indices, Is.EqualTo(again[^1].Indices), "same seed, same plan");
            Assert.That(found, Has.All.Property("Cost").LessThanOrEqualTo(space.Budget));
            Assert.That(found[^1].Kl, Is.LessThanOrEqualTo(found[0].Kl));
            gained += found[^1].Kl < found[0].Kl ? 1 : 0;
        }

        Assert.That(gained, Is.GreaterThan(7));
    }

    [Test]
    public void Progressions_begin_with_the_uniform_plan_and_rise([Range(0, 4)] int seed)
    {
        var problem = new TinyProblem(seed, layers: 6, ffn: 128);
        var space = problem.Space(0.5);
        var plans = ArithmeticProgression.Run(space, new WindowScores(problem, TinyProblem.Windows(4)));
        Assert.That(plans[0].Plan.Layers.Distinct().Count(), Is.LessThanOrEqualTo(2), "a rest of the budget may raise some layers");
        Assert.That(plans, Has.Count.GreaterThan(5).And.All.Property("Cost").LessThanOrEqualTo(space.Budget));
        var cost = new PrunableCost(problem.Config);
        double[] kept = [.. plans[^1].Plan.Layers.Select(layer => cost.Attention(new(layer.KvHeads, layer.QueryHeads)) + cost.Mlp(layer.Ffn))];
        Assert.That(kept, Is.Ordered.Descending);
        Assert.That(kept[0], Is.GreaterThan(3 * kept[^1]));
    }

    [Test]
    public void The_number_of_attention_blocks_follows_the_formula()
    {
        // MLPs of twice the weights of attention: L · s^(2 / 1.5).
        var config = TinyProblem.Model(6, new(6, 6, 768), hidden: 288, headDim: 48);
        var cost = new PrunableCost(config);
        var dense = cost.Of(new Plan(config.Layers));
        Assert.That(TwoStagePruning.AttentionToRemove(config, cost, 0.5 * dense), Is.EqualTo((int)Math.Round(6 * Math.Pow(0.5, 2 / 1.5))).And.EqualTo(2));
        Assert.That(TwoStagePruning.AttentionToRemove(config, cost, dense), Is.Zero);
        Assert.That(TwoStagePruning.AttentionToRemove(config, cost, 0), Is.EqualTo(6));
    }

    [Test]
    public void Two_stages_keep_any_budget_with_equal_channels_and_drop_the_least_felt_attention([Range(0, 19)] int seed)
    {
        var random = new Random(seed);
        var problem = new TinyProblem(seed, layers: random.Next(1, 6), ffn: 8 * random.Next(4, 20));
        var cost = new PrunableCost(problem.Config);
        var budget = random.NextDouble() * cost.Of(new Plan(problem.Config.Layers));
        var scores = new WindowScores(problem, TinyProblem.Windows(4));
        var stages = TwoStagePruning.Run(problem.Config, cost, budget, scores);
        Assert.That(cost.Of(stages[^1].Plan), Is.LessThanOrEqualTo(budget), $"seed {seed}");
        Assert.That(stages[^1].Plan.Layers.Select(layer => layer.Ffn).Distinct().Count(), Is.EqualTo(1));
        foreach (var (before, after) in stages.Zip(stages.Skip(1)))
        {
            var others = Enumerable.Range(0, before.Plan.Layers.Count).Where(layer => before.Plan.Layers[layer].HasAttention)
                .Select(layer => before.Plan.With(layer, new(0, 0, before.Plan.Layers[layer].Ffn)));
            Assert.That(after.Kl, Is.EqualTo(others.Min(plan => scores.Measure([plan], 0, 4)[0].Average())).Within(1e-12));
        }

        var channel = problem.Config.Layers.Count * cost.Mlp(1);
        if (stages[^1].Plan.Layers[0].Ffn < problem.Config.Layers[0].Ffn)
            Assert.That(budget - cost.Of(stages[^1].Plan), Is.LessThan(channel), "one channel more everywhere would not fit");
    }

    /// <summary>What each block costs alone at every level.</summary>
    private static double[][] Alone(TinyProblem problem, BudgetedSpace space) => [.. space.Costs.Select((levels, item) => levels.Select((_, index) =>
    {
        var indices = new int[space.Space.Items];
        indices[item] = index;
        return problem.Kl([space.Space.PlanOf(indices)], TinyProblem.Windows(4))[0].Average();
    }).ToArray())];
}
