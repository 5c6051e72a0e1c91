using ForgePrune.IO;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Search;

namespace ForgePrune.Pipeline.Parts;

/// <summary>The plans that prices lead to: the uniform one, that of dynamic programming, and its alternatives, each measured on all windows of the search.
/// A target in time that is missed is searched again by whoever collects.</summary>
internal sealed class PlansWork : PartStage
{
    public const string Stage = "plans";

    public override string Name => Stage;

    public override bool IsPartOf(PlannedMethod method) => method.Plan.MeasuresPrices;

    /// <param name="key">Of the search.</param>
    /// <param name="wanted">The plans that are measured here; null for all.</param>
    public static PlanStore Store(RunContext run, StageKey key, Func<int, bool>? wanted = null) =>
        new(PartFolder.Of(run.Folder, Stage, key).Path, new SourceHash(key.Hash()), wanted);

    public override PartJob Begin(RunContext run, PlannedMethod method, CalibrationText text)
    {
        var statistics = CalibrationResult.Make(run, text);
        var cost = SearchCost.Of(run);
        return new SearchStage(run, method, MethodLevels.Of(method, run, statistics, text), statistics, text, new DenseExport(run))
            .Plans(cost.Written, cost.FirstBudget(run.Settings.Target), cost.LatencyHash);
    }
}
