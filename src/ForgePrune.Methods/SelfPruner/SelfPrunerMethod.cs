using ForgePrune.Checkpoints;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Search.Costs;
using ForgePrune.Serving;

namespace ForgePrune.Methods.SelfPruner;

/// <summary>Self-Pruner: layer rates from a proposer, the best measured ones kept and varied.</summary>
public sealed record SelfPrunerMethod : PlannedMethod
{
    internal SelfPrunerMethod(string name, string description, RemovalRule removal, bool refits)
        : base(name, description, removal, new ProposedPlan(new ProposerSettings(ProposerSettings.Ramp)), refits)
    {
    }

    /// <summary>Who proposes layer rates.</summary>
    public ProposerSettings Proposer { get; init; } = new(ProposerSettings.Ramp);

    /// <inheritdoc/>
    internal override PlanRule Plan => new ProposedPlan(Proposer);
}

/// <summary>Layer rates from a proposer, by what they measure.</summary>
internal sealed class ProposedPlan(ProposerSettings settings) : PlanRule
{
    public override string Summary => "proposed layer rates";

    public override IEnumerable<(string Name, string Value)> Settings(RunContext run) =>
        [("proposer", settings.ToString()), ("proposer model", OpenedProposer.ModelHash(settings, run)), .. run.Serving];

    public override void Require(PruneSettings run, CheckpointModel dense, IServingRuntime runtime) =>
        OpenedProposer.Require(settings, run.Model, dense, runtime);

    public override PlanFile Choose(PlanRequest request)
    {
        var (run, space) = (request.Run, request.Space);
        var (listener, scores) = request.Measuring();
        using var proposer = OpenedProposer.Open(settings, run, request.DenseExport);
        var found = new ProposedSearch(space, scores, request.Effort, proposer.Value, request.State, run.Progress.Note).Run(request.Seed, listener, run.Stop);
        run.Progress.Note(found.Counts.ToString());
        var rates = new LayerRates(space);
        var uniform = space.Space.PlanOf(rates.Plan([.. Enumerable.Repeat(rates.Mean, rates.Layers)]));
        var best = space.Space.PlanOf(found.Best!.Indices);
        return request.File(best,
        [
            new("uniform", space.Cost.Of(uniform), scores.Measure([uniform], 0, scores.Count)[0].Average(), uniform.Layers),
            new("proposals", space.Cost.Of(best), found.Best.Kl, best.Layers),
        ]) with
        { Proposals = found.Counts };
    }
}
