namespace ForgePrune.Kernels;

/// <summary>The same in float64, as the formula reads.</summary>
internal static class RmsNormReference
{
    /// <param name="x">Whole rows of weight.Length.</param>
    public static double[] Forward(ReadOnlySpan<double> x, ReadOnlySpan<double> weight, double epsilon)
    {
        var y = new double[x.Length];
        for (var start = 0; start < x.Length; start += weight.Length)
        {
            var squares = 0.0;
            for (var i = 0; i < weight.Length; i++)
                squares += x[start + i] * x[start + i];
            for (var i = 0; i < weight.Length; i++)
                y[start + i] = x[start + i] / Math.Sqrt(squares / weight.Length + epsilon) * weight[i];
        }

        return y;
    }
}
