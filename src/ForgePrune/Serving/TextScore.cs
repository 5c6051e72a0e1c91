namespace ForgePrune.Serving;

/// <summary>How well a model predicts a text.</summary>
/// <param name="Perplexity">exp of the mean negative log-likelihood over all predicted tokens.</param>
/// <param name="Kl">The mean KL(other ‖ model), nats per token; null without another model.</param>
/// <param name="Tokens">Tokens that were predicted.</param>
public sealed record TextScore(double Perplexity, double? Kl, long Tokens);

/// <summary>What a text evaluation reads.</summary>
/// <param name="Model">A checkpoint or an exported folder.</param>
/// <param name="Text">Text, JSONL or token file.</param>
/// <param name="Against">Dense model for the divergence; null when none is asked for.</param>
/// <param name="Window">Tokens per window.</param>
/// <param name="Threads">Threads that compute, at least 1.</param>
public sealed record TextSettings(string Model, string Text, string? Against, int Window, int Threads);
