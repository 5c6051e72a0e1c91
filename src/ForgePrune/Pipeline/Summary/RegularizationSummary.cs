namespace ForgePrune.Pipeline.Summary;

/// <summary>What regularisation before the cut did, on the held-out part of the calibration text.</summary>
/// <param name="Tokens">Trained on before the cut.</param>
/// <param name="Curve">The damage of a cut there and then, from no regularisation to all of it.</param>
/// <param name="KlRefitted">Mean KL(dense ‖ pruned) after cut, refit and logit factor, before recovery, nats per token.</param>
/// <param name="Refitted">False where the refit did not help: then the cut stays as it was, with its logit factor.</param>
public sealed record RegularizationSummary(long Tokens, IReadOnlyList<CutDamage> Curve, double KlRefitted, bool Refitted);

/// <param name="Tokens">Of regularisation.</param>
/// <param name="WeightShare">Length of the penalised weights, of what it was at the start.</param>
/// <param name="KlBefore">Mean KL(dense ‖ regularised) of the whole model.</param>
/// <param name="KlAfter">The same after the cut, without any refit.</param>
public sealed record CutDamage(long Tokens, double WeightShare, double KlBefore, double KlAfter);
