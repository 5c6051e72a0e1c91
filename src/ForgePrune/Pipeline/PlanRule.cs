using ForgePrune.Checkpoints;
using ForgePrune.IO;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Search;
using ForgePrune.Serving;

namespace ForgePrune.Pipeline;

/// <summary>What decides how much every block keeps.</summary>
internal abstract class PlanRule
{
    /// <summary>The rule in a few words.</summary>
    public abstract string Summary { get; }

    /// <summary>Whether the best plan is revised after a refit, where its refitted blocks stand.</summary>
    public virtual bool Revises => false;

    /// <summary>Whether several plans compete after a refit.</summary>
    public virtual bool Competes => Revises;

    /// <summary>Whether the rule measures what every level of every block costs alone.</summary>
    public virtual bool MeasuresPrices => false;

    /// <summary>Whether the rule's search goes on as long as there is time; others end by themselves.</summary>
    public virtual bool HeedsTime => false;

    /// <summary>Whether its plans keep all heads of a block where the model asks for that.</summary>
    public virtual bool KeepsHeads => false;

    /// <summary>The rule for plans of certain shapes; null where it has none such.</summary>
    public virtual PlanRule? For(PlanShapes shapes) => shapes == PlanShapes.Free ? this : null;

    /// <summary>Names and values, beyond the usual settings, that change the plan.</summary>
    public virtual IEnumerable<(string Name, string Value)> Settings(RunContext run) => [];

    /// <summary>Formats of the work that the rule does beyond the search.</summary>
    public virtual IEnumerable<StageFormat> Formats => [];

    /// <inheritdoc cref="PruningMethod.Training"/>
    public virtual TrainingNeed? Training(bool large) => null;

    /// <inheritdoc cref="PruningMethod.Require"/>
    public virtual void Require(PruneSettings settings, CheckpointModel dense, IServingRuntime runtime)
    {
    }

    /// <summary>The plan, with every plan that was measured on the way.</summary>
    public abstract PlanFile Choose(PlanRequest request);
}

/// <summary>Measured prices, dynamic programming, refinement, evolution.</summary>
internal sealed class MeasuredSearch : PlanRule
{
    public override string Summary => "measured prices, evolution";

    public override bool Revises => true;

    public override bool MeasuresPrices => true;

    public override bool KeepsHeads => true;

    public override bool HeedsTime => true;

    public override PlanRule For(PlanShapes shapes) => shapes == PlanShapes.Uniform ? new UniformSearch() : this;

    public override PlanFile Choose(PlanRequest request) => request.Search(request.Effort, result => result.Best);
}
