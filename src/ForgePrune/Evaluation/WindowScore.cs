namespace ForgePrune.Evaluation;

/// <summary>How one window of logits scores, by the same arithmetic as <see cref="ModelEvaluation"/>: for models that only give logits.</summary>
/// <param name="NegativeLogLikelihood">Mean nats over the T − 1 predictions inside the window.</param>
/// <param name="Divergence">Mean KL(truth ‖ model); null where there is no truth.</param>
public readonly record struct WindowScore(double NegativeLogLikelihood, double? Divergence)
{
    /// <param name="ids">T tokens.</param>
    /// <param name="logits">T × vocab.</param>
    /// <param name="truth">T × vocab of the dense model, overwritten; null for none.</param>
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
