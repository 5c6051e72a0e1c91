namespace ForgePrune.Pipeline.Summary;

/// <summary>What polishing did, judged on the held-out part of the calibration text.</summary>
/// <param name="Tokens">Trained on.</param>
/// <param name="Rate">Largest learning rate.</param>
/// <param name="Seconds">Of the process that finished it.</param>
/// <param name="KlBefore">Mean KL(dense ‖ pruned) after the refit, nats per token.</param>
/// <param name="KlAfter">The same after polishing.</param>
/// <param name="Kept">False where the model was better before: then that one goes on.</param>
public sealed record PolishSummary(long Tokens, double Rate, double Seconds, double KlBefore, double KlAfter, bool Kept);
