namespace ForgePrune.Evaluation;

/// <summary>How well a model predicts, window by window; every window counts alike.</summary>
/// <param name="NegativeLogLikelihoods">Nats per predicted token, one mean per window.</param>
/// <param name="Divergences">KL(other ‖ model) in nats per position, one mean per window; null where there is no other model.</param>
public sealed record EvaluationResult(double[] NegativeLogLikelihoods, double[]? Divergences)
{
    /// <summary>exp of the mean negative log-likelihood.</summary>
    public double Perplexity => Math.Exp(NegativeLogLikelihoods.Average());

    /// <summary>Mean KL(other ‖ model) in nats per token.</summary>
    public double? Kl => Divergences?.Average();
}
