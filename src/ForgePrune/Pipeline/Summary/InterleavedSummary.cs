namespace ForgePrune.Pipeline.Summary;

/// <summary>What pruning and training in turn did, stage by stage, on the held-out part of the calibration text.</summary>
/// <param name="Tokens">Trained on in all.</param>
public sealed record InterleavedSummary(long Tokens, IReadOnlyList<InterleavedStageSummary> Stages);

/// <param name="Kept">Share of the dense model's cost after the cut.</param>
/// <param name="Tokens">Trained on in this stage.</param>
/// <param name="KlCut">Mean KL(dense ‖ pruned) after the cut, nats per token.</param>
/// <param name="KlTrained">The same after the stage's training.</param>
/// <param name="Importance">Of every layer in the last step of the cut: from −1, which loses most, to 1.</param>
public sealed record InterleavedStageSummary(double Kept, long Tokens, double KlCut, double KlTrained, IReadOnlyList<double> Importance);
