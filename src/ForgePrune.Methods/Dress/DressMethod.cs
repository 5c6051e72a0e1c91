using ForgePrune.Model;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Stages;

namespace ForgePrune.Methods.Dress;

/// <summary>DReSS: what the plan takes away is pressed to nothing by training, cut, and the rest refitted towards the regularized model.</summary>
public sealed record DressMethod : PlannedMethod
{
    /// <summary>Sixteen steps.</summary>
    public const int DefaultRegularizeTokens = 32768;

    internal DressMethod(string name, string description, PlanRule plan)
        : base(name, description, SecondOrderRemoval.Instance, plan)
    {
    }

    /// <summary>Tokens of regularization before the cut; 0 for none.</summary>
    public int RegularizeTokens { get; init; } = DefaultRegularizeTokens;

    /// <inheritdoc/>
    public override string? TrainedWhen => "before the cut";

    /// <inheritdoc/>
    internal override bool AddsOutputBias => true;

    /// <inheritdoc/>
    internal override TrainingNeed? Training(PruneSettings settings, bool large) =>
        TrainingNeed.Larger(base.Training(settings, large), RegularizeTokens > 0 ? new TrainingNeed("give `RegularizeTokens` 0") : null);

    /// <inheritdoc/>
    internal override PrunedModel Finish(RunContext run, CalibrationText text, MethodLevels levels, int attempt, Plan plan, Func<PrunedModel> refit) =>
        new RegularizeStage(run, text, levels.Sets, RegularizeTokens).Run(attempt, plan);
}
