namespace ForgePrune.Kernels;

/// <summary>The same step in float64, one weight after the other.</summary>
internal static class AdamWReference
{
    public static void Apply(AdamW step, Span<double> weights, ReadOnlySpan<double> gradient, Span<double> means, Span<double> squares)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            means[i] = step.Beta1 * means[i] + (1 - step.Beta1) * gradient[i];
            squares[i] = step.Beta2 * squares[i] + (1 - step.Beta2) * gradient[i] * gradient[i];
            var mean = means[i] / (1 - Math.Pow(step.Beta1, step.Number));
            var square = squares[i] / (1 - Math.Pow(step.Beta2, step.Number));
            weights[i] -= step.Rate * (mean / (Math.Sqrt(square) + step.Epsilon) + step.WeightDecay * weights[i]);
        }
    }
}
