using ForgePrune.Methods;
using ForgePrune.Methods.Baselines;
using ForgePrune.Methods.DarwinLM;
using ForgePrune.Methods.SelfPruner;
using ForgePrune.Methods.ZipLM;
using ForgePrune.Model;
using ForgePrune.Onnx.Proposals;
using ForgePrune.Pipeline;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Pipeline;

/// <summary>Plans by the searches that others have published, measured by the same evaluator on the same windows as our own.</summary>
/// <param name="windows">All of them decide.</param>
/// <param name="trainer">What DarwinLM's candidates go through before they are measured.</param>
internal sealed class PublishedPlans(
    RunContext run, BudgetedSpace space, IPlanEvaluator evaluator, TokenWindows windows, SearchEffort effort, SearchFolder state,
    CalibrationResult statistics, IProgress<SearchProgress> report, StageResult denseOnnx, ICandidateTrainer trainer)
{
    private ulong Seed => (ulong)run.Settings.Seed;

    /// <summary>What, beyond the usual settings, changes a method's plan.</summary>
    public static IEnumerable<(string Name, string Value)> Settings(PruningMethod method, RunContext run) => method.Plan switch
    {
        PlanRule.Proposals => [("proposer", run.Settings.Proposer.ToString()), ("proposer model", ProposerOf.ModelHash(run))],
        PlanRule.LevelSwitches => [("selection", CandidateTrainers.Key(method, run.Settings))],
        _ => [],
    };

    public PlanFile Choose(PlanRule rule)
    {
        // Long rounds repeat where the search stands, and every report is a place to stop.
        var (listener, scores) = Listening();
        return rule switch
        {
            PlanRule.Proposals => Proposed(scores, listener),
            PlanRule.LevelSwitches => Switched(scores, listener),
            PlanRule.ScaledPriors => Best(new SpdySearch(space, Priors(), scores, effort).Run(Seed, listener, run.Stop)),
            PlanRule.ArithmeticProgression => Best(ArithmeticProgression.Run(space, scores)),
            PlanRule.TwoStages => TwoStages(scores),
            _ => throw new InvalidOperationException($"no rule {rule}"),
        };
    }

    private PlanFile Proposed(WindowScores scores, IProgress<SearchProgress> listener)
    {
        using var proposer = ProposerOf.Settings(run, denseOnnx);
        var found = new ProposedSearch(space, scores, effort, proposer.Value, state, run.Progress.Note).Run(Seed, listener, run.Stop);
        run.Progress.Note(found.Counts.ToString());
        var rates = new LayerRates(space);
        var uniform = space.Space.PlanOf(rates.Plan([.. Enumerable.Repeat(rates.Mean, rates.Layers)]));
        var best = space.Space.PlanOf(found.Best!.Indices);
        return File(best,
        [
            new("uniform", space.Cost.Of(uniform), scores.Measure([uniform], 0, scores.Count)[0].Average(), uniform.Layers),
            new("proposals", space.Cost.Of(best), found.Best.Kl, best.Layers),
        ]) with { Proposals = found.Counts };
    }

    private PlanFile Switched(WindowScores scores, IProgress<SearchProgress> listener)
    {
        var stages = new DarwinSearch(space, scores, effort, trainer, state).Run(Seed, listener, run.Stop);
        // The last stage spends what equal steps leave; a plan that keeps more is taken even where the windows show no gain.
        return File(stages[^1].Plan, [.. stages.Select(Stage)]) with { CandidateTraining = trainer.Name };
    }

    private PlanFile TwoStages(WindowScores scores)
    {
        var stages = TwoStagePruning.Run(run.Dense.Config, space.Cost, space.Budget, scores);
        return File(stages[^1].Plan, [.. stages.Select(stage => new PlanStage(stage.Name, space.Cost.Of(stage.Plan), stage.Kl, stage.Plan.Layers))]);
    }

    private PlanFile Best(IReadOnlyList<MeasuredPlan> stages) => File(stages.MinBy(stage => stage.Kl)!.Plan, [.. stages.Select(Stage)]);

    private static PlanStage Stage(MeasuredPlan plan) => new(plan.Name, plan.Cost, plan.Kl, plan.Plan.Layers);

    private PlanFile File(Plan plan, IReadOnlyList<PlanStage> stages) =>
        new([.. plan.Layers], space.Cost.Of(plan), space.Cost.Of(space.Space.Dense), space.Budget, stages);

    /// <summary>Relative error of every level on offer, the root of its loss over that of keeping nothing.</summary>
    private double[][] Priors() => [.. Enumerable.Range(0, space.Space.Items).Select(item =>
    {
        var (grid, layer) = (space.Space.Offered[item / 2], statistics.Levels.Layers[item / 2]);
        return item % 2 == 0
            ? Relative([.. grid.Attention.Select(level => layer.Attention?.Losses[level] ?? 0)], layer.Attention?.Losses[default] ?? 0)
            : Relative([.. grid.Ffn.Select(width => layer.Mlp?.Losses[width] ?? 0)], layer.Mlp?.Losses[0] ?? 0);
    })];

    private static double[] Relative(double[] losses, double whole) => [.. losses.Select(loss => whole > 0 ? Math.Sqrt(Math.Max(0, loss) / whole) : 0)];

    private (IProgress<SearchProgress> Listener, WindowScores Scores) Listening()
    {
        var listener = new Remembering(report, run.Stop);
        return (listener, new WindowScores(evaluator, windows, listener));
    }

    private sealed class Remembering(IProgress<SearchProgress> report, CancellationToken stop) : IProgress<SearchProgress>, IProgress<double>
    {
        private SearchProgress last;

        public void Report(SearchProgress value)
        {
            stop.ThrowIfCancellationRequested();
            last = value;
            report.Report(value);
        }

        public void Report(double value)
        {
            stop.ThrowIfCancellationRequested();
            if (last.Total > 0 && last.Done < last.Total)
                report.Report(last);
        }
    }
}
