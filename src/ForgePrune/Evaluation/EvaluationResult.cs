namespace ForgePrune.Evaluation;

/// <summary>The quality of a model's predictions, window by window. All windows have the same weight.</summary>
/// <param name="NegativeLogLikelihoods">The mean negative log-likelihood of each window, in nats per predicted token.</param>
/// <param name="Divergences">The mean KL(other ‖ model) of each window, in nats per position; null without another model.</param>
public sealed record EvaluationResult(double[] NegativeLogLikelihoods, double[]? Divergences)
{
    /// <summary>The result of windows that were scored one by one.</summary>
    /// <param name="windows">Their scores; all with a divergence, or none.</param>
    public static EvaluationResult Of(IReadOnlyList<WindowScore> windows) => new(
        [.. windows.Select(window => window.NegativeLogLikelihood)],
        windows.Any(window => window.Divergence is null) ? null : [.. windows.Select(window => window.Divergence!.Value)]);

    /// <summary>The mean negative log-likelihood of each window under the other model, in nats per predicted token; null without another model, and for
    /// windows that were scored one by one.</summary>
    public double[]? OtherNegativeLogLikelihoods { get; init; }

    /// <summary>Perplexity: exp of the mean negative log-likelihood.</summary>
    public double Perplexity => Math.Exp(NegativeLogLikelihoods.Average());

    /// <summary>The perplexity of the other model; null where <see cref="OtherNegativeLogLikelihoods"/> is.</summary>
    public double? OtherPerplexity => OtherNegativeLogLikelihoods is { } likelihoods ? Math.Exp(likelihoods.Average()) : null;

    /// <summary>The mean KL(other ‖ model) in nats per token; null without another model.</summary>
    public double? Kl => Divergences?.Average();
}
