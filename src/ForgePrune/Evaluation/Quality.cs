namespace ForgePrune.Evaluation;

/// <summary>The quality of a model on held-out text.</summary>
/// <param name="Kl">The mean KL(dense ‖ model) in nats per token.</param>
/// <param name="Perplexity">The exp of the mean negative log-likelihood per token.</param>
public sealed record Quality(double Kl, double Perplexity);
