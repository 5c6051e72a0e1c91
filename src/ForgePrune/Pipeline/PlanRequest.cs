using System.Globalization;
using ForgePrune.Model;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Progress;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Tokens;

namespace ForgePrune.Pipeline;

/// <summary>What a plan is chosen from, and by.</summary>
/// <param name="Levels">The kept sets and weights of every level, as the method makes them.</param>
/// <param name="Space">Every plan on offer, and the most that the result may cost.</param>
/// <param name="Text">The calibration text. Plans are measured on its selection part.</param>
/// <param name="Effort">How hard to search.</param>
/// <param name="State">Where the search keeps what it has found so far.</param>
/// <param name="DenseExport">The dense model's export.</param>
internal sealed record PlanRequest(
    RunContext Run, MethodLevels Levels, CalibrationResult Statistics, BudgetedSpace Space, CalibrationText Text, SearchEffort Effort, SearchFolder State,
    DenseExport DenseExport)
{
    /// <summary>The windows that decide.</summary>
    public TokenWindows Deciding => Text.Selection.Slice(0, Effort.Windows);

    public ulong Seed => (ulong)Run.Settings.Seed;

    /// <summary>The search of the library itself.</summary>
    /// <param name="choose">Picks one of the plans that it found.</param>
    public PlanFile Search(SearchEffort effort, Func<SearchResult, MeasuredPlan> choose)
    {
        var (loss, attentionLoss) = Losses();
        var time = Run.SearchTime is { } most ? new SearchTime(most, State) : null;
        var result = Search(effort).Run(Seed, loss, attentionLoss, Run.Stop, time);
        var chosen = choose(result);
        var fitting = OnFitting(chosen.Plan);
        return File(chosen.Plan,
            [.. result.Stages.Select(stage => stage.Plan.Equals(chosen.Plan) ? Stage(stage) with { KlFitting = fitting } : Stage(stage))],
            result.Curve.Count > 0 ? result.Curve : null);
    }

    /// <summary>The plans that its prices lead to, and what measures some of them for whoever searches.</summary>
    public (FirstPlans Plans, Action<PlanStore> Measure) First()
    {
        var (search, (loss, attentionLoss)) = (Search(Effort), Losses());
        var plans = search.First(loss, attentionLoss, Run.Stop);
        return (plans, store => search.Measure(plans, store));
    }

    private PlanSearch Search(SearchEffort effort) => new(Space, Evaluator(), Text.Selection, effort, State, Reports());

    /// <summary>Of every level, which give the prices between measured ones their shape.</summary>
    private (Func<int, int, double> Channels, Func<int, AttentionLevel, double> Heads) Losses()
    {
        var shapes = Statistics.Levels.Layers.Select(layer => layer.Mlp?.Shape()).ToArray();
        var heads = Statistics.Levels.Layers.Select(layer => layer.Attention is { } attention ? attention.Validation ?? attention.Losses : null).ToArray();
        return ((layer, width) => shapes[layer]![width], (layer, level) => heads[layer]![level]);
    }

    /// <summary>What a plan gives on text that its weights were fitted to: what it seems to be worth to whoever looks at nothing else.</summary>
    private double OnFitting(Plan plan) =>
        Evaluator().Kl([plan], Text.Fitting.Slice(0, Math.Min(Text.Fitting.Count, Effort.Windows)), Run.Share("search: fitting text"))[0].Average();

    /// <summary>Measures plans on the windows that decide.</summary>
    /// <returns>Also a listener: long rounds repeat where the search stands, and every report is a place to stop.</returns>
    public (IProgress<SearchProgress> Listener, WindowScores Scores) Measuring()
    {
        var listener = new Remembering(Reports(), Run.Stop);
        return (listener, new WindowScores(Evaluator(), Deciding, listener));
    }

    /// <summary>The best of several measured plans.</summary>
    public PlanFile Best(IReadOnlyList<MeasuredPlan> stages) => File(stages.MinBy(stage => stage.Kl)!.Plan, [.. stages.Select(Stage)]);

    /// <summary>A plan by a rule that measures none.</summary>
    public PlanFile Ruled(string name, Plan plan) => File(plan, [new PlanStage(name, Space.Cost.Of(plan), null, plan.Layers)]);

    public PlanFile File(Plan plan, IReadOnlyList<PlanStage> stages, IReadOnlyList<double>? curve = null) =>
        new([.. plan.Layers], Space.Cost.Of(plan), Space.Cost.Of(Space.Space.Dense), Space.Budget, stages, curve);

    public static PlanStage Stage(MeasuredPlan plan) => new(plan.Name, plan.Cost, plan.Kl, plan.Plan.Layers);

    private PlanEvaluator Evaluator() => Evaluator(Run, Levels);

    public static PlanEvaluator Evaluator(RunContext run, MethodLevels levels) =>
        new(run.Dense, run.Runner, levels.Source, new PlanEvaluatorOptions(SearchEfforts.PositionStride, RunMemory.Streams));

    private CallbackProgress<SearchProgress> Reports() => new(value => Run.Progress.Report(
        $"search: {value.Stage}", value.Done, value.Total,
        value.Kl is { } kl ? string.Create(CultureInfo.InvariantCulture, $"KL {kl:0.0000}") : ""));

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
