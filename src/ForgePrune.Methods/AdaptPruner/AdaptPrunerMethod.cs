using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Stages;

namespace ForgePrune.Methods.AdaptPruner;

/// <summary>Adapt-Pruner: many small cuts by layer importance and Taylor scores, each followed by its part of the training.</summary>
public sealed record AdaptPrunerMethod : PruningMethod
{
    internal AdaptPrunerMethod(string name, string description)
        : base(name, description)
    {
    }

    /// <summary>The number of cuts; null for about a twentieth of the prunable cost in each.</summary>
    public int? Stages { get; init; }

    /// <inheritdoc/>
    public override string RemovedBy => "|weight × gradient|";

    /// <inheritdoc/>
    public override string PlannedBy => "layer importance, many cuts";

    /// <inheritdoc/>
    public override string? TrainedWhen => "after every cut";

    /// <inheritdoc/>
    internal override bool RecoversAfterwards => false;

    /// <inheritdoc/>
    internal override TrainingNeed? Training(PruneSettings settings, bool large) => new("take another `Method`", Cuts: true);

    /// <inheritdoc/>
    internal override IPruningStrategy Strategy(RunContext run, CalibrationText text, DenseExport denseExport) => new InterleaveStage(run, this, text);
}
