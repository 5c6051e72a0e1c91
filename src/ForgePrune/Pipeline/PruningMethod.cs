using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Search;
using ForgePrune.Serving;
using ForgePrune.Training;

namespace ForgePrune.Pipeline;

/// <summary>A way to prune: what goes, how much every block keeps, and what is trained before, between and after. Its own options are its properties.</summary>
/// <param name="Name">The name by which users ask for it, and which manifests record.</param>
/// <param name="Description">One line of help.</param>
public abstract record PruningMethod(string Name, string Description)
{
    /// <summary>Second-order removal and refit, with a plan by measured prices, dynamic programming, re-pricing and evolution.</summary>
    public static PruningMethod Default { get; } = new PlannedMethod(
        "forgeprune", "second-order removal and refit; plan by measured prices, dynamic programming, re-pricing and evolution",
        SecondOrderRemoval.Instance, new MeasuredSearch(), refits: true);

    /// <summary>What decides which structures are removed, in a few words.</summary>
    public abstract string RemovedBy { get; }

    /// <summary>What decides how much every layer keeps, in a few words.</summary>
    public abstract string PlannedBy { get; }

    /// <summary>When the method itself trains, in a few words; null where it does not.</summary>
    public virtual string? TrainedWhen => null;

    /// <summary>Whether the kept weights of o_proj and down_proj are refitted to make up for what was removed.</summary>
    public virtual bool Refits => false;

    /// <summary>Whether output projections are fitted anew, so that they can get a bias for the mean of what was removed.</summary>
    internal virtual bool AddsOutputBias => Refits;

    /// <summary>Whether the run trains the pruned model once it is chosen; false for methods whose training is part of the pruning.</summary>
    internal virtual bool RecoversAfterwards => true;

    /// <summary>What training takes of the memory; null where nothing is trained.</summary>
    /// <param name="large">Whether the model counts as large.</param>
    internal virtual TrainingNeed? Training(PruneSettings settings, bool large) =>
        settings.Recovery is { } recovery ? new TrainingNeed("leave `Recovery` out", Scope: recovery.Scope)
            : Stages.PolishStage.Wanted(settings, large) ? new TrainingNeed("give `Polish` off", Scope: RecoveryScope.Scales) : null;

    /// <summary>Whether a gradient of the whole dense model is taken before anything is removed.</summary>
    internal virtual bool TakesGradient => false;

    /// <summary>The method for plans of certain shapes; null where it has its own.</summary>
    internal virtual PruningMethod? For(PlanShapes shapes) => shapes == PlanShapes.Free ? this : null;

    /// <summary>Checks before any work what needs no model loaded.</summary>
    /// <exception cref="BadInputException">The method cannot run with these settings.</exception>
    internal virtual void Require(PruneSettings settings, CheckpointModel dense, IServingRuntime runtime)
    {
    }

    /// <summary>What makes the pruned model.</summary>
    /// <param name="denseExport">The dense model's export.</param>
    internal abstract IPruningStrategy Strategy(RunContext run, CalibrationText text, Stages.DenseExport denseExport);
}

/// <summary>Weights and gradients, mostly with moments, are held for a while.</summary>
/// <param name="Cure">What to do, beside raising the limit, where memory does not allow it.</param>
/// <param name="Cuts">Whether cuts are made in the midst of training, with the state before and after them in memory.</param>
/// <param name="Scope">What is trained.</param>
internal sealed record TrainingNeed(string Cure, bool Cuts = false, RecoveryScope Scope = default)
{
    /// <summary>The one that takes more, or the only one.</summary>
    public static TrainingNeed? Larger(TrainingNeed? one, TrainingNeed? other) =>
        one is null || (other is not null && one.Scope != RecoveryScope.All && other.Scope == RecoveryScope.All) ? other : one;
}
