using ForgePrune.Model;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Summary;

namespace ForgePrune.Pipeline.Stages;

/// <summary>plan.json: the chosen shapes and what led to them.</summary>
/// <param name="Layers">What each layer keeps.</param>
/// <param name="Cost">In the unit of the metric, fixed part included.</param>
/// <param name="Dense">The dense model's cost.</param>
/// <param name="Budget">The most that was allowed.</param>
/// <param name="Stages">Every plan that was measured on the way, the uniform one first.</param>
/// <param name="Curve">Mean KL of evolution's best plan at its start and after each generation; null without evolution.</param>
internal sealed record PlanFile(
    IReadOnlyList<LayerShape> Layers, double Cost, double Dense, double Budget, IReadOnlyList<PlanStage> Stages, IReadOnlyList<double>? Curve = null)
{
    public static JsonFile<PlanFile> Json { get; } = new("plan.json", PipelineJson.Default.PlanFile);

    /// <summary>What came of the questions to a proposer; null for methods without one.</summary>
    public ProposalCounts? Proposals { get; init; }

    /// <summary>What trained the candidates before selection measured them, "none" where the method's authors train and this run did not; null
    /// for methods that never do.</summary>
    public string? CandidateTraining { get; init; }

    public Plan ToPlan() => new(Layers);
}

/// <param name="Name">uniform, dynamic programming, refinement, evolution, or the method's own rule.</param>
/// <param name="Kl">Mean nats per token on windows that its weights were not fitted to; null where the method measures none.</param>
/// <param name="Layers">Its shapes.</param>
/// <param name="KlFitting">The same on windows that its weights were fitted to; of the chosen plan only.</param>
internal sealed record PlanStage(string Name, double Cost, double? Kl, IReadOnlyList<LayerShape> Layers, double? KlFitting = null);
