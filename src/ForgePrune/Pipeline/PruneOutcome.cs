using ForgePrune.Pipeline.Summary;

namespace ForgePrune.Pipeline;

/// <summary>How a pruning run ended.</summary>
/// <param name="Summary">What summary.json holds.</param>
/// <param name="Shortfall">Null when the target is met; otherwise one sentence that says by how much not, and why.</param>
public sealed record PruneOutcome(RunSummary Summary, string? Shortfall);
