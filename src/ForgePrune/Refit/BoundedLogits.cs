namespace ForgePrune.Refit;

/// <summary>The divergence of one row of logits l = c·tanh(s·z/c), with its derivatives in s.</summary>
internal static class BoundedLogits
{
    // Where float32 rounds tanh to one, its slope is gone too: (1 − t²)·atanh(t) goes to zero.
    private const double MostShare = 1 - 1e-7;

    /// <param name="truth">p, as many as logits.</param>
    /// <param name="logits">l at s.</param>
    /// <returns>The cross entropy −Σ p·ln q, its slope, and Var_q of dl/ds.</returns>
    public static (double CrossEntropy, double Slope, double Curvature) Compare(
        ReadOnlySpan<float> truth, ReadOnlySpan<float> logits, double cap, double scale)
    {
        double top = System.Numerics.Tensors.TensorPrimitives.Max(logits), sum = 0, mean = 0, square = 0, expected = 0, pulled = 0;
        for (var i = 0; i < logits.Length; i++)
        {
            var share = Math.Clamp(logits[i] / cap, -MostShare, MostShare);
            double slope = (1 - (share * share)) * cap * Math.Atanh(share) / scale, weight = Math.Exp(logits[i] - top);
            sum += weight;
            mean += weight * slope;
            square += weight * slope * slope;
            expected += truth[i] * (double)logits[i];
            pulled += truth[i] * slope;
        }

        (mean, square) = (mean / sum, square / sum);
        return (top + Math.Log(sum) - expected, mean - pulled, Math.Max(0, square - (mean * mean)));
    }
}
