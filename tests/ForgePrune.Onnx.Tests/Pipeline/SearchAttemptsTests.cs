using ForgePrune.Checkpoints;
using ForgePrune.Kernels;
using ForgePrune.Methods.Comparison;
using ForgePrune.Model;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Search.Costs;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>What happens when the model as measured misses a speed: searches of their own are counted, their end is chosen here.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class SearchAttemptsTests : SyntheticRunFixture
{
    private static readonly Target Thousandfold = new(Metric.Decode, 0.001);

    [Test]
    public void A_correction_that_no_plan_meets_leaves_the_model_that_was_measured()
    {
        var heard = new Heard();
        var (attempt, maker) = Run("fallen", Thousandfold, lastPossible: 1, heard);
        Assert.That((attempt.Number, maker.Budgets.Count), Is.EqualTo((1, 2)));
        Assert.That(heard.Notes, Has.One.Contains("the model of search 1 stays"));
        Assert.That(attempt.Shortfall(maker.Target), Does.Contain("1000.00x decode was asked for").And.Contain("after 1 search;"));
        Assert.That(Directory.Exists(attempt.Written.Value.Onnx.Folder));
    }

    [Test]
    public void A_speed_out_of_reach_is_searched_four_times_with_ever_less_to_spend()
    {
        var (attempt, maker) = Run("four", Thousandfold, lastPossible: 9, new Heard());
        Assert.That((attempt.Number, maker.Budgets.Count), Is.EqualTo((4, 4)));
        Assert.That(maker.Budgets[1], Is.LessThan(maker.Budgets[0]), "slower than the table promised");
        Assert.That(attempt.Shortfall(maker.Target), Does.Contain("after 4 searches;"));
    }

    [Test]
    public void A_size_is_searched_once()
    {
        var (attempt, maker) = Run("once", new Target(Metric.Parameters, 0.5), lastPossible: 1, new Heard());
        Assert.That((attempt.Number, attempt.Reached), Is.EqualTo((1, (double?)null)));
        Assert.That(attempt.Shortfall(maker.Target), Is.Null);
        Assert.That(maker.Budgets, Is.EqualTo(new[] { 0.5 * maker.Whole }), "to the parameter");
    }

    [Test]
    public void A_first_search_without_a_plan_is_a_fault() =>
        Assert.That(() => Run("none", Thousandfold, lastPossible: 0, new Heard()), Throws.TypeOf<TargetNotMetException>());

    private (Attempt Attempt, EndingMaker Maker) Run(string name, Target target, int lastPossible, Heard heard)
    {
        var settings = Settings(name, target);
        using var dense = DecoderModel.Open(settings.Model);
        using var folder = RunFolder.Open(settings.Out);
        using var run = new RunContext(settings, LargeModels.Usual, dense, folder, OnnxServing.Cpu, new CpuDevice(Environment.ProcessorCount), heard, default);
        var cost = CostModels.For(Metric.Parameters, dense.Config, null, 1);
        var maker = new EndingMaker(run, settings.Target, lastPossible);
        var searched = new SearchCost(cost, cost.Of(new Plan(dense.Config.Layers)), null, "none");
        return (new SearchAttempts(run, maker, searched, new DenseExport(run)).Run(), maker);
    }

    /// <summary>Promises a model without a block and hands out the dense one, until it finds no plan any more.</summary>
    private sealed class EndingMaker(RunContext run, Target target, int lastPossible) : IPruningStrategy
    {
        public Target Target => target;

        public List<double> Budgets { get; } = [];

        public double Whole { get; private set; }

        public ChosenModel Make(int attempt, ICostModel cost, double budget, string latencyHash)
        {
            Budgets.Add(budget);
            var plan = new Plan(run.Dense.Config.Layers);
            Whole = cost.Of(plan);
            if (attempt > lastPossible)
                throw TargetNotMetException.For(cost, plan, cost.Fixed, budget);
            return new(new PlanFile([.. plan.Layers.Select(_ => new LayerShape(0, 0, 0))], cost.Fixed, Whole, budget, []), [("search", $"{attempt}")],
                new(() => new PrunedModel(run.Dense, run.Dense, null!)));
        }

        public void Forget()
        {
        }
    }
}
