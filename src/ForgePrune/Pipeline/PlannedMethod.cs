using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Search;
using ForgePrune.Serving;

namespace ForgePrune.Pipeline;

/// <summary>A method that plans before any weight changes: a rule for what goes first inside a block, a rule for how much every block keeps, and a
/// refit where it has one.</summary>
public record PlannedMethod : PruningMethod
{
    internal PlannedMethod(string name, string description, RemovalRule removal, PlanRule plan, bool refits = false)
        : base(name, description) => (Removal, Plan, Refits) = (removal, plan, refits);

    /// <summary>What decides which groups of a block go first.</summary>
    internal RemovalRule Removal { get; }

    /// <summary>What decides how much every block keeps.</summary>
    internal virtual PlanRule Plan { get; init; }

    /// <inheritdoc/>
    public override bool Refits { get; }

    /// <inheritdoc/>
    public override string RemovedBy => Removal.Summary;

    /// <inheritdoc/>
    public override string PlannedBy => Plan.Summary;

    /// <inheritdoc/>
    internal override PruningMethod? For(PlanShapes shapes) =>
        shapes == PlanShapes.Free ? this : Plan.For(shapes) is { } plan ? this with { Plan = plan } : null;

    /// <inheritdoc/>
    internal override TrainingNeed? Training(PruneSettings settings, bool large) =>
        TrainingNeed.Larger(base.Training(settings, large), Plan.Training(large));

    /// <inheritdoc/>
    internal override bool TakesGradient => Removal.TakesGradient;

    /// <inheritdoc/>
    internal override void Require(PruneSettings settings, CheckpointModel dense, IServingRuntime runtime) => Plan.Require(settings, dense, runtime);

    /// <inheritdoc/>
    internal override IPruningStrategy Strategy(RunContext run, CalibrationText text, DenseExport denseExport) =>
        new SearchStrategy(run, this, text, denseExport);

    /// <summary>The pruned model by a plan that is settled.</summary>
    /// <param name="attempt">Which search found it.</param>
    /// <param name="plan">The shapes.</param>
    /// <param name="refit">Refits the plan as the contest of refits left it.</param>
    internal virtual PrunedModel Finish(RunContext run, CalibrationText text, MethodLevels levels, int attempt, Plan plan, Func<PrunedModel> refit) => refit();
}
