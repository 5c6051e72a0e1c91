using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Search;
using ForgePrune.Search.Costs;

namespace ForgePrune.Methods.Baselines;

/// <summary>Measured prices and dynamic programming alone.</summary>
internal sealed class DynamicProgrammingPlan : PlanRule
{
    public override string Summary => "measured prices";

    public override bool MeasuresPrices => true;

    public override PlanRule? For(PlanShapes shapes) => shapes == PlanShapes.Uniform ? null : this;

    public override PlanFile Choose(PlanRequest request) => request.Search(
        request.Effort with { Exponents = [], RefinementRounds = 0, Generations = 0 }, result => result.Stages.Single(stage => stage.Name == "dynamic programming"));
}

/// <summary>The same share in every layer. Shares of prunable weights have a rule of the literature, which makes figures comparable; other metrics take the
/// closest shares.</summary>
internal sealed class UniformRule : PlanRule
{
    public override string Summary => "equal share in every layer";

    public override PlanRule? For(PlanShapes shapes) => shapes == PlanShapes.Uniform ? new UniformSearch() : base.For(shapes);

    public override PlanFile Choose(PlanRequest request)
    {
        var (run, space) = (request.Run, request.Space);
        return request.Ruled("uniform", run.Settings.Target.Metric == Metric.Prunable
            ? UniformBudget.Plan(run.Dense.Config, 1 - run.Settings.Target.Share)
            : space.Space.PlanOf(UniformPlan.Within(space.Space, space.Cost, space.Budget)
                ?? throw new InvalidOperationException("no uniform plan fits a budget that is within reach")));
    }
}

/// <summary>Standardized scores of all layers in one pool (FLAP).</summary>
internal sealed class GlobalScoresPlan(ScoreRule rule) : PlanRule
{
    public override string Summary => "one pool of scores";

    public override PlanFile Choose(PlanRequest request)
    {
        var run = request.Run;
        var scores = rule.Scores(run.Dense, request.Statistics.Known, run.Settings.Threads).ToArray();
        return request.Ruled("global scores", GlobalPruning.Plan(
            run.Dense.Config, [.. scores.Select(layer => GlobalPruning.Standardised(layer.Groups))],
            [.. scores.Select(layer => GlobalPruning.Standardised(layer.Channels))], request.Space.Cost, request.Space.Budget));
    }
}

/// <summary>Whole layers by block influence (ShortGPT).</summary>
internal sealed class DepthPlan : PlanRule
{
    public override string Summary => "block influence";

    public override PlanFile Choose(PlanRequest request) => request.Ruled(
        "block influence", DepthPruning.Plan(
            request.Run.Dense.Config, BlockInfluence.Of(request.Run.Dense, request.Run.Runner, request.Text.Known), request.Space.Cost, request.Space.Budget));
}

/// <summary>Layer rates that rise from the first to the last by a common difference.</summary>
internal sealed class ArithmeticPlan : PlanRule
{
    public override string Summary => "rising layer rates";

    public override PlanFile Choose(PlanRequest request) => request.Best(ArithmeticProgression.Run(request.Space, request.Measuring().Scores));
}

/// <summary>2SSP: equal channels everywhere, then whole attention blocks.</summary>
internal sealed class TwoStagePlan : PlanRule
{
    public override string Summary => "equal widths, then attention blocks";

    public override PlanFile Choose(PlanRequest request)
    {
        var space = request.Space;
        var stages = TwoStagePruning.Run(request.Run.Dense.Config, space.Cost, space.Budget, request.Measuring().Scores);
        return request.File(stages[^1].Plan, [.. stages.Select(stage => new PlanStage(stage.Name, space.Cost.Of(stage.Plan), stage.Kl, stage.Plan.Layers))]);
    }
}
