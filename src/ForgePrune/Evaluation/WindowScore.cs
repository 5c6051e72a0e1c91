namespace ForgePrune.Evaluation;

/// <summary>The score of one window of logits, with the arithmetic of <see cref="ModelEvaluation"/>, for models that only return logits.</summary>
/// <param name="NegativeLogLikelihood">The mean negative log-likelihood of the T − 1 predictions inside of the window, in nats.</param>
/// <param name="Divergence">The mean KL(reference ‖ model) in nats per token; null without a reference.</param>
public readonly record struct WindowScore(double NegativeLogLikelihood, double? Divergence)
{
    /// <summary>Scores one window.</summary>
    /// <param name="ids">The T token ids of the window.</param>
    /// <param name="logits">The logits of the model, T × vocab, row-major.</param>
    /// <param name="truth">The logits of the reference model, T × vocab; they are overwritten. Null for none.</param>
    public static WindowScore Of(ReadOnlySpan<int> ids, float[] logits, float[]? truth)
    {
        var vocab = logits.Length / ids.Length;
        double likelihood = 0, divergence = 0;
        for (var position = 0; position < ids.Length - 1; position++)
        {
            var probabilities = truth is null ? [] : truth.AsSpan(position * vocab, vocab);
            var entropy = truth is null ? 0 : SoftmaxRow.Normalise(probabilities);
            var row = logits.AsSpan(position * vocab, vocab);
            var (cross, logSumExp) = SoftmaxRow.Compare(probabilities, row);
            likelihood += logSumExp - row[ids[position + 1]];
            divergence += entropy + cross;
        }

        var count = ids.Length - 1;
        return new WindowScore(likelihood / count, truth is null ? null : divergence / count);
    }
}
