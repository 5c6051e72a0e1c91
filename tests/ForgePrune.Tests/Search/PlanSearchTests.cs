using ForgePrune.Model;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Search;

public sealed class PlanSearchTests
{
    private static readonly SearchEffort Effort = new(6, 3, 8, 30, 10, 12, [new(2, 4)]);

    [Test]
    public void Finds_the_best_of_all_plans_on_tiny_models([Range(0, 9)] int seed)
    {
        var problem = new TinyProblem(seed);
        var space = problem.Space(0.55);
        var windows = TinyProblem.Windows(6);
        var found = new PlanSearch(space, problem, windows, Effort).Run(1);
        Assert.That(found.Best.Kl, Is.EqualTo(problem.BruteForce(space, windows).Kl).Within(1e-12));
    }

    [Test]
    public void Refinement_sees_interactions_that_single_prices_miss()
    {
        var gained = 0;
        for (var seed = 0; seed < 20; seed++)
        {
            var problem = new TinyProblem(seed, layers: 4, coupling: 2, ffn: 64);
            var result = new PlanSearch(problem.Space(0.5), problem, TinyProblem.Windows(6), Effort with { Generations = 0 }).Run(1);
            var start = result.Stages.Where(s => s.Name != "refinement").Min(s => s.Kl);
            Assert.That(result.Best.Kl, Is.LessThanOrEqualTo(start));
            gained += result.Best.Kl < start ? 1 : 0;
        }
        Assert.That(gained, Is.GreaterThan(10));
    }

    [Test]
    public void Powers_of_prices_spread_what_is_removed_and_only_add_plans()
    {
        var better = 0;
        for (var seed = 0; seed < 20; seed++)
        {
            var problem = new TinyProblem(seed, layers: 4, coupling: 2, ffn: 64);
            var (space, windows) = (problem.Space(0.5), TinyProblem.Windows(6));
            var effort = SearchEffort.Large with { RefinementRounds = 0 };
            var plain = new PlanSearch(space, problem, windows, effort with { Exponents = [] }).Run(1);
            var found = new PlanSearch(space, problem, windows, effort).Run(1);
            Assert.That(found.Stages.Select(stage => stage.Cost), Is.All.LessThanOrEqualTo(space.Budget));
            Assert.That(found.Stages, Has.Count.EqualTo(plain.Stages.Count + 2 * effort.Exponents.Count));
            Assert.That(found.Best.Kl, Is.LessThanOrEqualTo(plain.Best.Kl));
            better += found.Best.Kl < plain.Best.Kl ? 1 : 0;
            Assert.That(Largest(Stage("attention held dear, prices to the power of 6")), Is.LessThanOrEqualTo(Largest(Stage("attention held dear"))),
                $"seed {seed}");

            MeasuredPlan Stage(string name) => found.Stages.Single(stage => stage.Name == name);

            // The dearest single replacement of a plan.
            double Largest(MeasuredPlan plan) => Enumerable.Range(0, plan.Plan.Layers.Count).Max(layer =>
            {
                var (dense, shape) = (space.Space.Dense, plan.Plan.Layers[layer]);
                var whole = dense.Layers[layer];
                var attention = dense.With(layer, whole with { KvHeads = shape.KvHeads, QueryHeads = shape.QueryHeads });
                return problem.Kl([attention, dense.With(layer, whole with { Ffn = shape.Ffn })], windows).Max(kl => kl.Average());
            });
        }

        TestContext.Out.WriteLine($"better in {better} of 20");
        Assert.That(better, Is.Positive);
    }

    [Test]
    public void Evolution_improves_a_uniform_start_and_never_leaves_the_budget()
    {
        var problem = new TinyProblem(5, layers: 4, ffn: 64);
        var space = problem.Space(0.5);
        var scores = new WindowScores(problem, TinyProblem.Windows(6));
        var uniform = UniformPlan.Within(space.Space, space.Cost, space.Budget)!;
        var prices = space.Costs.Select(levels => levels.Select((_, index) => (double)index * index).ToArray()).ToArray();
        var evolution = new EvolutionarySearch(space, prices, scores, Effort);
        var state = EvolutionarySearch.Start(uniform, scores.Measure([space.Space.PlanOf(uniform)], 0, 6)[0], 3);
        while (!state.Done)
        {
            state = evolution.Generation(state);
            Assert.That(space.Cost.Of(space.Space.PlanOf(state.Parent)), Is.LessThanOrEqualTo(space.Budget));
        }
        Assert.That(state.History, Is.Ordered.Descending);
        Assert.That(state.History[^1], Is.LessThan(state.History[0]));
    }

    [Test]
    public void Every_child_fits_the_budget_and_is_new()
    {
        var problem = new TinyProblem(2, layers: 3, ffn: 64);
        var space = problem.Space(0.6);
        var prices = space.Costs.Select(levels => levels.Select((_, index) => (double)index).ToArray()).ToArray();
        var parent = UniformPlan.Within(space.Space, space.Cost, space.Budget)!;
        var seen = new HashSet<ulong> { LevelSwitch.Key(parent) };
        var children = new LevelSwitch(space, prices).Offspring(parent, 50, seen, new SearchRandom(11));
        Assert.That(children, Is.Not.Empty);
        Assert.That(children.Select(c => space.Cost.Of(space.Space.PlanOf(c))), Is.All.LessThanOrEqualTo(space.Budget));
        Assert.That(children.Select(LevelSwitch.Key).Distinct().Count(), Is.EqualTo(children.Count));
        Assert.That(children.Any(c => Enumerable.Range(0, c.Length).Where(i => c[i] != parent[i]).Select(i => i % 2).Distinct().Count() == 2),
            Is.True, "some switch trades attention for MLP");
    }

    [Test]
    public void Same_seed_same_result()
    {
        SearchResult Run() => new PlanSearch(new TinyProblem(4, 4, ffn: 64).Space(0.5), new TinyProblem(4, 4, ffn: 64), TinyProblem.Windows(6), Effort).Run(9);
        var (one, two) = (Run(), Run());
        Assert.That(one.Best.Plan, Is.EqualTo(two.Best.Plan));
        Assert.That(one.Stages.Select(s => s.Kl), Is.EqualTo(two.Stages.Select(s => s.Kl)));
    }

    [Test]
    public void A_stopped_search_resumes_to_the_same_result([Values(1, 3, 6, 9)] int stopAfter)
    {
        var path = Path.Combine(Path.GetTempPath(), $"forgeprune-search-{Guid.NewGuid():N}");
        try
        {
            var undisturbed = Searched(new Stopper(int.MaxValue, default), null, default);
            using var source = new CancellationTokenSource();
            var stopper = new Stopper(stopAfter, source);
            Assert.That(() => Searched(stopper, new SearchFolder(path), source.Token), Throws.InstanceOf<OperationCanceledException>());
            var resumed = Searched(new Stopper(int.MaxValue, default), new SearchFolder(path), default);
            Assert.That(resumed.Best.Plan, Is.EqualTo(undisturbed.Best.Plan));
            Assert.That(resumed.Best.KlPerWindow, Is.EqualTo(undisturbed.Best.KlPerWindow));
            Assert.That(resumed.Stages.Select(s => s.Kl), Is.EqualTo(undisturbed.Stages.Select(s => s.Kl)));
            Assert.That(Directory.GetFiles(path, "*.part"), Is.Empty);
        }
        finally
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
        }

        static SearchResult Searched(IProgress<SearchProgress> progress, SearchFolder? folder, CancellationToken cancel)
        {
            var problem = new TinyProblem(8, layers: 4, coupling: 2, ffn: 64);
            return new PlanSearch(problem.Space(0.5), problem, TinyProblem.Windows(6), Effort, folder, progress).Run(5, cancel: cancel);
        }
    }

    [Test]
    public void A_target_out_of_reach_is_refused_with_its_rows_before_anything_is_measured()
    {
        var problem = new TinyProblem(0);
        var cost = new ParameterCost(problem.Config);
        var space = new BudgetedSpace(SearchSpace.For(problem.Config, SearchSpaceOptions.Fifths(8), cost), cost, cost.Fixed * 0.9);
        var fault = Assert.Throws<TargetNotMetException>(() => new PlanSearch(space, problem, TinyProblem.Windows(6), Effort).Run(1))!;
        Assert.That(fault.Rows.Select(r => r.Name), Is.EqualTo(new[] { "fixed", "attention", "mlp", "least possible", "asked for" }));
        Assert.That(fault.Rows.Take(3).Sum(r => r.Share), Is.EqualTo(1).Within(1e-12));
        Assert.That(problem.Measured, Is.Zero);
    }

    [Test]
    public void An_unreadable_state_is_named()
    {
        var path = Directory.CreateTempSubdirectory("forgeprune-search-").FullName;
        File.WriteAllText(Path.Combine(path, "prices.state"), "{");
        Assert.That(() => new SearchFolder(path).Prices, Throws.InstanceOf<Errors.BadInputException>().With.Message.Contains("prices.state"));
        Directory.Delete(path, recursive: true);
    }

    private sealed class Stopper(int after, CancellationTokenSource? source) : IProgress<SearchProgress>
    {
        private int reports;

        public void Report(SearchProgress value)
        {
            if (++reports == after)
                source!.Cancel();
        }
    }
}
