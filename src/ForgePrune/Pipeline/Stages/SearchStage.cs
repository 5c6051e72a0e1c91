using System.Globalization;
using System.Text.Json;
using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Latency;
using ForgePrune.Model;
using ForgePrune.Pipeline.Parts;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Refit;
using ForgePrune.Search.Costs;
using ForgePrune.Search;

namespace ForgePrune.Pipeline.Stages;

/// <summary>Chooses the plan by the method's rule, within a budget.</summary>
/// <param name="denseExport">The dense model's export.</param>
internal sealed class SearchStage(
    RunContext run, PlannedMethod method, MethodLevels levels, CalibrationResult statistics, CalibrationText text, DenseExport denseExport)
{
    /// <summary>Changes when the same levels and prices lead to another plan.</summary>
    public static StageFormat Format { get; } = new("search", 4);

    // Another attempt asks for another budget; what each block costs alone stays.
    private MeasuredPrices? prices;

    /// <param name="attempt">Counts searches of one run: a missed speed-up is searched again with a corrected budget.</param>
    /// <param name="latencyHash">Content of the measured table, where the metric needs one.</param>
    public PlanFile Run(int attempt, ICostModel cost, double budget, string latencyHash)
    {
        var (name, key) = (NameOf(attempt), Key(budget, latencyHash));
        return run.Stage(name, key, PlanFile.Json, () =>
        {
            var request = Request(name, key, cost, budget);
            if (prices is not null)
                request.State.Prices ??= prices;
            var plan = method.Plan.Choose(request);
            prices = request.State.Prices;
            return plan;
        });
    }

    /// <summary>The plans of the first search that several processes can measure.</summary>
    public PartJob Plans(ICostModel cost, double budget, string latencyHash)
    {
        var (name, key) = (NameOf(1), Key(budget, latencyHash));
        // Once the search is done, nobody asks for them.
        if (!run.Folder.IsReader && run.Find(name, key) is not null)
            return Job([], _ => { });
        var request = Request(name, key, cost, budget);
        // Whoever collects has left them here; a worker that has to make them would take as long as all of them together.
        if (run.Folder.IsReader && SharedFile.Await(run.Folder.FullPath, () => request.State.Prices) is null)
        {
            throw new BadInputException(
                $"the prices that the plans of {run.Folder.FullPath} follow from are not there; collect the run up to '{PlansWork.Stage}' again");
        }

        var (plans, measure) = request.First();
        return Job(plans.Different, measure);

        PartJob Job(IReadOnlyList<Plan> different, Action<PlanStore> make) => new(
            PlansWork.Stage, key, [.. different.Select((_, index) => PlanStore.NameOf(index))],
            (indices, _) => make(PlansWork.Store(run, key, indices.ToHashSet().Contains)))
        {
            Serves = key.Hash(),
            ServedStage = name,
        };
    }

    private PlanRequest Request(string name, StageKey key, ICostModel cost, double budget)
    {
        var (effort, space) = (Effort(run, method, text), Space(run.Dense.Config, cost, budget, run.Large, run.Settings.Shapes));
        space.RequireWithinReach();
        return new PlanRequest(run, levels, statistics, space, text, effort, new SearchFolder(run.Folder.StatePath(name, key))
        {
            PriceParts = PriceWork.Store(run, PriceWork.Key(run, method, statistics, text, space.Space, effort)),
            PlanParts = PlansWork.Store(run, key),
        }, denseExport);
    }

    private StageKey Key(double budget, string latencyHash)
    {
        var effort = Effort(run, method, text);
        (string, string)[] inputs =
        [
            ("model", run.Dense.ContentHash), ("levels", statistics.Hash(method)),
            ("windows", text.Selection.Hash), ("latency", latencyHash),
        ];
        (string, string)[] settings =
        [
            ("method", method.Name), ("metric", run.Settings.Target.Metric.ToString()), ("budget", budget.ToString("R", CultureInfo.InvariantCulture)),
            ("effort", JsonSerializer.Serialize(effort)), ("affine", run.Settings.Affine.ToString()), .. method.Plan.Settings(run), .. Time(run),
            .. Shapes(run),
        ];
        return run.Key([Format, LevelSource.Format, .. method.Plan.Formats], inputs, settings);
    }

    public static SearchEffort Effort(RunContext run, PlannedMethod method, CalibrationText text) =>
        SearchEfforts.Of(run.Settings.Quick, run.Large, text.Selection.Count, run.Settings.Time is not null && method.Plan.HeedsTime);

    private static (string, string)[] Time(RunContext run) =>
        run.Settings.Time is { } time ? [("time", time.TotalSeconds.ToString("R", CultureInfo.InvariantCulture))] : [];

    /// <summary>Shapes that are a condition; what was found without one stays valid.</summary>
    public static (string, string)[] Shapes(RunContext run) => run.Settings.Shapes == PlanShapes.Free ? [] : [("shapes", run.Settings.Shapes.Name)];

    public static string NameOf(int attempt) => $"search-{attempt}";

    /// <summary>Every plan on offer. Asked before any work too, since a size that no plan reaches is known from the config alone.</summary>
    public static BudgetedSpace Space(ModelConfig config, ICostModel cost, double budget, bool large, PlanShapes shapes) =>
        new(SearchSpace.For(config, SearchSpaceOptions.For(large, KeptWidths.Multiple) with { Shapes = shapes }, cost), cost, budget);
}
