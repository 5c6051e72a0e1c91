using System.Globalization;
using System.Text.Json;
using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Methods;
using ForgePrune.Methods.Baselines;
using ForgePrune.Model;
using ForgePrune.Onnx.Timing;
using ForgePrune.Pipeline;
using ForgePrune.Progress;
using ForgePrune.Refit;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Pipeline;

/// <summary>Chooses the plan by the method's rule, within a budget.</summary>
/// <param name="denseOnnx">The dense model's export, for a proposer that is the model itself.</param>
internal sealed class SearchStage(
    RunContext run, PruningMethod method, MethodLevels levels, CalibrationResult statistics, TokenWindows windows, StageResult denseOnnx)
{
    private const string FileName = "plan.json";

    /// <summary>Changes when the same levels and prices lead to another plan.</summary>
    public static StageFormat Format { get; } = new("search", 1);

    // Another attempt asks for another budget; what each block costs alone stays.
    private MeasuredPrices? prices;

    /// <param name="attempt">Counts searches of one run: a missed speed-up is searched again with a corrected budget.</param>
    /// <param name="latencyHash">Content of the measured table, where the metric needs one.</param>
    public PlanFile Run(int attempt, ICostModel cost, double budget, string latencyHash)
    {
        var effort = SearchEfforts.Of(run.Settings.Quick, run.Large, windows.Count);
        (string, string)[] inputs =
        [
            ("model", run.Dense.ContentHash), ("levels", statistics.LevelStage.Manifest.ContentHash()),
            ("windows", windows.Hash), ("latency", latencyHash),
        ];
        (string, string)[] settings =
        [
            ("method", method.Name), ("metric", run.Settings.Target.Metric.ToString()), ("budget", budget.ToString("R", CultureInfo.InvariantCulture)),
            ("effort", JsonSerializer.Serialize(effort)), ("affine", run.Settings.Affine.ToString()), .. PublishedPlans.Settings(method, run),
        ];
        var (name, key) = ($"search-{attempt}", run.Key([Format, LevelSource.Format, .. CandidateTrainers.Formats(method, run.Settings)], inputs, settings));
        var result = run.Stage(name, key, folder =>
        {
            var saved = new SearchFolder(run.Folder.StatePath(name, key));
            if (prices is not null)
                saved.Prices ??= prices;
            var plan = Choose(cost, budget, effort, saved);
            prices = saved.Prices;
            File.WriteAllBytes(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(plan, PipelineJson.Default.PlanFile));
        });
        return JsonSerializer.Deserialize(File.ReadAllBytes(result.File(FileName)), PipelineJson.Default.PlanFile)!;
    }

    /// <summary>Every plan on offer. Asked before any work too, since a size that no plan reaches is known from the config alone.</summary>
    public static BudgetedSpace Space(ModelConfig config, ICostModel cost, double budget, bool large) =>
        new(SearchSpace.For(config, SearchSpaceOptions.For(large, KeptWidths.Multiple), cost), cost, budget);

    private PlanFile Choose(ICostModel cost, double budget, SearchEffort effort, SearchFolder state)
    {
        var config = run.Dense.Config;
        var dense = new Plan(config.Layers);
        var space = Space(config, cost, budget, run.Large);
        space.RequireWithinReach();
        return method.Plan switch
        {
            PlanRule.Search => Searched(space, effort, state, result => result.Best),
            PlanRule.DynamicProgramming => Searched(
                space, effort with { RefinementRounds = 0, Generations = 0 }, state, result => result.Stages.Single(stage => stage.Name == "dynamic programming")),
            PlanRule.Uniform => Ruled("uniform", Uniform(space)),
            PlanRule.GlobalScores => Ruled("global scores", Pooled(cost, budget)),
            PlanRule.Depth => Ruled("block influence", DepthPruning.Plan(config, Influence(), cost, budget)),
            _ => Published(space, effort, state).Choose(method.Plan),
        };

        PlanFile Ruled(string name, Plan plan) =>
            new([.. plan.Layers], cost.Of(plan), cost.Of(dense), budget, [new PlanStage(name, cost.Of(plan), null, plan.Layers)]);
    }

    private PublishedPlans Published(BudgetedSpace space, SearchEffort effort, SearchFolder state) =>
        new(run, space, Evaluator(), windows.Slice(0, effort.Windows), effort, state, statistics, new SearchReport(run.Progress), denseOnnx,
            method.Plan == PlanRule.LevelSwitches ? CandidateTrainers.Of(run, method, levels.Source, windows, effort.Windows) : NoTrainer.Instance);

    private PlanEvaluator Evaluator() =>
        new(run.Dense, run.Runner, levels.Source, new PlanEvaluatorOptions(SearchEfforts.PositionStride, RunMemory.Streams));

    private PlanFile Searched(BudgetedSpace space, SearchEffort effort, SearchFolder state, Func<SearchResult, MeasuredPlan> choose)
    {
        var result = new PlanSearch(space, Evaluator(), windows, effort, state, new SearchReport(run.Progress))
            .Run((ulong)run.Settings.Seed, Loss, run.Stop);
        var plan = choose(result);
        return new([.. plan.Plan.Layers], plan.Cost, space.Cost.Of(space.Space.Dense), space.Budget,
            [.. result.Stages.Select(stage => new PlanStage(stage.Name, stage.Cost, stage.Kl, stage.Plan.Layers))],
            result.Curve.Count > 0 ? result.Curve : null);
    }

    private double Loss(int layer, int width) => statistics.Levels.Layers[layer].Mlp!.Losses[width];

    // Shares of prunable weights have a rule of the literature, which makes figures comparable; other metrics take the closest shares.
    private Plan Uniform(BudgetedSpace space) => run.Settings.Target.Metric == Metric.Prunable
        ? UniformBudget.Plan(run.Dense.Config, 1 - run.Settings.Target.Share)
        : space.Space.PlanOf(UniformPlan.Within(space.Space, space.Cost, space.Budget)
            ?? throw new InvalidOperationException("no uniform plan fits a budget that is within reach"));

    private Plan Pooled(ICostModel cost, double budget)
    {
        var scores = MethodLevels.Scores(method.Removal, run.Dense, statistics.Grams, run.Settings.Threads).ToArray();
        return GlobalPruning.Plan(
            run.Dense.Config, [.. scores.Select(layer => GlobalPruning.Standardised(layer.Groups))],
            [.. scores.Select(layer => GlobalPruning.Standardised(layer.Channels))], cost, budget);
    }

    private double[] Influence()
    {
        var x = DecoderForward.Embed(run.Dense.ReadEmbedding(), windows);
        var scores = new double[run.Dense.Config.Layers.Count];
        for (var layer = 0; layer < scores.Length; layer++)
        {
            var before = x;
            x = DecoderForward.Layer(run.Dense.ReadLayer(layer), run.Runner, x);
            var influence = new BlockInfluence();
            influence.Add(before, x);
            scores[layer] = influence.Score;
        }

        return scores;
    }

    private sealed class SearchReport(IProgressReport progress) : IProgress<SearchProgress>
    {
        public void Report(SearchProgress value) => progress.Report(
            $"search: {value.Stage}", value.Done, value.Total,
            value.Kl is { } kl ? string.Create(CultureInfo.InvariantCulture, $"KL {kl:0.0000}") : "");
    }
}
