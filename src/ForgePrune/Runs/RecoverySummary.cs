namespace ForgePrune.Runs;

/// <summary>What recovery did, judged on the held-out part of the calibration text, which it never reads.</summary>
/// <param name="Tokens">Trained on.</param>
/// <param name="Loss">kl or ce.</param>
/// <param name="Rate">Largest learning rate.</param>
/// <param name="Seconds">Of the process that finished it.</param>
/// <param name="KlBefore">Mean KL(dense ‖ pruned) after the refit, nats per token.</param>
/// <param name="KlAfter">The same after recovery.</param>
/// <param name="Kept">False where the model was better before by what it was trained towards: then that one is written.</param>
public sealed record RecoverySummary(
    long Tokens, string Loss, double Rate, double Seconds, double KlBefore, double KlAfter, double PerplexityBefore, double PerplexityAfter, bool Kept);
