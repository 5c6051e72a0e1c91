namespace ForgePrune.Evaluation;

/// <summary>A model on held-out text, as a run's files keep it.</summary>
/// <param name="Kl">Mean KL(dense ‖ model), nats per token.</param>
public sealed record Quality(double Kl, double Perplexity);
