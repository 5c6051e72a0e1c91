using ForgePrune.Methods.DarwinLM;
using ForgePrune.Model;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Methods.Tests.Published;

public sealed class DarwinSearchTests
{
    private const int Windows = 8;

    private static readonly SearchEffort Effort = new(Windows, 2, 0, 12, 12, 16, []);

    [Test]
    public void Steps_are_equal_where_levels_allow_it()
    {
        // 48 levels of 16 channels: eight steps of 96 are the count nearest to ten that is even.
        var grid = DarwinGrid.Within(Space(TinyProblem.Model(1, new(6, 6, 768)), 16, 0.5)).Space.Offered[0];
        Assert.That(grid.Ffn, Is.EqualTo(new[] { 768, 672, 576, 480, 384, 288, 192, 96, 0 }));
        Assert.That(grid.Attention.Select(level => level.QueryHeads), Is.EqualTo(new[] { 6, 5, 4, 3, 2, 1, 0 }), "few levels are all taken");
        var ten = DarwinGrid.Within(Space(TinyProblem.Model(1, new(30, 30, 640)), 16, 0.5)).Space.Offered[0];
        Assert.That(ten.Ffn, Is.EqualTo(Enumerable.Range(0, 11).Select(step => 640 - (64 * step))));
        Assert.That(ten.Attention.Select(level => level.QueryHeads), Is.EqualTo(Enumerable.Range(0, 11).Select(step => 30 - (3 * step))));
        var uneven = DarwinGrid.Within(Space(TinyProblem.Model(1, new(2, 2, 16 * 47)), 16, 0.5)).Space.Offered[0];
        Assert.That(uneven.Ffn, Has.Count.EqualTo(11).And.Ordered.Descending);
        Assert.That((uneven.Ffn[0], uneven.Ffn[^1]), Is.EqualTo((752, 0)));
    }

    [Test]
    public void What_attention_and_MLPs_keep_never_moves([Range(0, 9)] int seed)
    {
        var problem = new TinyProblem(seed, layers: 4, ffn: 64);
        var space = problem.Space(0.5);
        var heard = new Heard(problem);
        var stages = Search(space, heard, NoTrainer.Instance).Run((ulong)seed);
        var start = stages[0].Plan;
        foreach (var plan in heard.Plans.Where(plan => !plan.Equals(stages[^1].Plan)))
        {
            Assert.That(plan.Layers.Sum(layer => layer.QueryHeads), Is.EqualTo(start.Layers.Sum(layer => layer.QueryHeads)));
            Assert.That(plan.Layers.Sum(layer => layer.Ffn), Is.EqualTo(start.Layers.Sum(layer => layer.Ffn)));
        }

        Assert.That(heard.Plans.Distinct().Count(), Is.GreaterThan(20));
        Assert.That(stages[1].Kl, Is.LessThanOrEqualTo(stages[0].Kl));
    }

    [Test]
    public void Any_budget_is_kept_and_what_equal_steps_leave_is_spent([Range(0, 29)] int seed)
    {
        var random = new Random(seed);
        var problem = new TinyProblem(seed, layers: random.Next(1, 6), ffn: 8 * random.Next(1, 30));
        var space = problem.Space(random.NextDouble());
        var stages = Search(space, problem, NoTrainer.Instance, Effort with { Generations = 3 }).Run(1);
        foreach (var stage in stages)
            Assert.That(stage.Cost, Is.LessThanOrEqualTo(space.Budget), $"seed {seed}: {stage.Name}");
        var indices = stages[^1].Indices.ToArray();
        for (var item = 0; item < indices.Length; item++)
        {
            if (indices[item] == 0)
                continue;
            indices[item]--;
            Assert.That(space.Cost.Of(space.Space.PlanOf(indices)), Is.GreaterThan(space.Budget), $"seed {seed}: item {item} could keep more");
            indices[item]++;
        }
    }

    [Test]
    public void A_trainer_sees_every_stage_and_its_scores_decide()
    {
        var problem = new TinyProblem(3, layers: 4, ffn: 64);
        var trainer = new Doubling(problem);
        var trained = Search(problem.Space(0.5), problem, trainer).Run(2);
        var untrained = Search(problem.Space(0.5), problem, NoTrainer.Instance).Run(2);
        Assert.That(trainer.Stages.Distinct().Order(), Is.EqualTo(new[] { 0, 1, 2, 3 }), "8, 4 and 2 survivors, then all windows");
        Assert.That(trained[0].Kl, Is.EqualTo(2 * untrained[0].Kl).Within(1e-12), "the start is trained as much as what it is compared with");
        Assert.That(trained[1].Plan, Is.EqualTo(untrained[1].Plan), "twice the divergence ranks alike");
        Assert.That(trained[1].KlPerWindow, Has.Length.EqualTo(Windows));
        Assert.That(trained[1].Kl, Is.EqualTo(2 * untrained[1].Kl).Within(1e-12));
    }

    [Test]
    public void The_same_seed_gives_the_same_plan_and_a_stopped_search_goes_on()
    {
        var problem = new TinyProblem(6, layers: 5, ffn: 64);
        using var folder = new TemporaryFolder();
        var whole = Search(problem.Space(0.5), problem, NoTrainer.Instance).Run(4);
        Search(problem.Space(0.5), problem, NoTrainer.Instance, Effort with { Generations = 5 }, new SearchFolder(folder.Path)).Run(4);
        var state = new SearchFolder(folder.Path).Evolution!;
        Assert.That(state.Generations, Is.EqualTo(5));
        new SearchFolder(folder.Path).Evolution = state with { Done = false };
        var resumed = Search(problem.Space(0.5), problem, NoTrainer.Instance, folder: new SearchFolder(folder.Path)).Run(4);
        Assert.That(resumed[^1].Plan, Is.EqualTo(whole[^1].Plan));
        Assert.That(resumed[^1].Kl, Is.EqualTo(whole[^1].Kl));
    }

    private static DarwinSearch Search(
        BudgetedSpace space, IPlanEvaluator evaluator, ICandidateTrainer trainer, SearchEffort? effort = null, SearchFolder? folder = null) =>
        new(space, new WindowScores(evaluator, TinyProblem.Windows(Windows)), effort ?? Effort, trainer, folder);

    private static BudgetedSpace Space(ModelConfig config, int step, double share)
    {
        var cost = new PrunableCost(config);
        return new(SearchSpace.For(config, SearchSpaceOptions.Fifths(step), cost), cost, share * cost.Of(new Plan(config.Layers)));
    }

    private sealed class Heard(IPlanEvaluator inner) : IPlanEvaluator
    {
        public List<Plan> Plans { get; } = [];

        public double[][] Kl(IReadOnlyList<Plan> plans, TokenWindows windows, IProgress<double>? progress = null)
        {
            Plans.AddRange(plans);
            return inner.Kl(plans, windows, progress);
        }
    }

    /// <summary>"Training" that doubles every divergence, so that it shows where trained scores were used.</summary>
    private sealed class Doubling(IPlanEvaluator inner) : ICandidateTrainer, IPlanEvaluator
    {
        public List<int> Stages { get; } = [];

        public string Name => "doubling";

        public WindowScores Trained(IReadOnlyList<Plan> plans, int remaining, WindowScores untrained)
        {
            Stages.Add(remaining);
            return untrained.By(this);
        }

        public double[][] Kl(IReadOnlyList<Plan> plans, TokenWindows windows, IProgress<double>? progress = null) =>
            [.. inner.Kl(plans, windows, progress).Select(kl => kl.Select(value => 2 * value).ToArray())];
    }
}
