using ForgePrune.Pipeline.Stages;

namespace ForgePrune.Pipeline.Parts;

/// <summary>The refits of the plans that compete after the first search, one each. What the best of them leads to, whoever collects finds.</summary>
internal sealed class ContestWork : PartStage
{
    public override string Name => RefitSelection.NameOf(1);

    public override bool IsPartOf(PlannedMethod method) => method.Refits && method.Plan.Competes;

    public override bool DividesLarge => false;

    public override PartJob Begin(RunContext run, PlannedMethod method, CalibrationText text)
    {
        var statistics = CalibrationResult.Make(run, text);
        var (levels, cost) = (MethodLevels.Of(method, run, statistics, text), SearchCost.Of(run));
        var found = new SearchStage(run, method, levels, statistics, text, new DenseExport(run))
            .Run(1, cost.Written, cost.FirstBudget(run.Settings.Target), cost.LatencyHash);
        return new RefitSelection(run, method, levels, statistics, text).Shared(1, found, cost.LatencyHash);
    }
}
