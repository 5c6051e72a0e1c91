using ForgePrune.Latency;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Search.Costs;

namespace ForgePrune.Pipeline.Stages;

/// <summary>What plans are searched by.</summary>
/// <param name="Written">Cost of plans as they are written.</param>
/// <param name="Dense">Cost of the dense model as it is: what shares are of.</param>
/// <param name="Table">Seconds of every level; null where the target is no time.</param>
/// <param name="LatencyHash">The table's content.</param>
internal sealed record SearchCost(ICostModel Written, double Dense, LatencyTable? Table, string LatencyHash)
{
    /// <summary>A speed-up counts by the lower end of its interval, so a plan aims a little further than the target.</summary>
    public const double Aim = 0.97;

    /// <summary>Measures the latency table where the target is a time.</summary>
    public static SearchCost Of(RunContext run)
    {
        var (settings, config) = (run.Settings, run.Dense.Config);
        var table = LatencyStage.RunWhereTimed(run);
        return new(Cost(WrittenConfig(settings, config)), Cost(config).Of(new Plan(config.Layers)), table?.Table, table?.Hash ?? "none");

        ICostModel Cost(ModelConfig model) =>
            CostModels.For(settings.Target.Metric, model, table?.Table, WorkloadCheck.GeneratedTokens(settings.Workload));
    }

    /// <summary>The dense model with whatever the method adds to it.</summary>
    public static ModelConfig WrittenConfig(PruneSettings settings, ModelConfig dense) =>
        OutputBiases.Of(dense, settings.Affine && settings.Method.AddsOutputBias);

    /// <summary>The most that the first plan may cost.</summary>
    public double FirstBudget(Target target) => target.Budget(Dense) * (target.Metric.IsLatency() ? Aim : 1);
}
