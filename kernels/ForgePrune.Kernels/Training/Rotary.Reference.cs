namespace ForgePrune.Kernels;

/// <summary>The same in float64.</summary>
internal static class RotaryReference
{
    /// <param name="turned">Elements of a head that turn.</param>
    /// <param name="cos">Positions × turned/2.</param>
    public static double[] Forward(ReadOnlySpan<double> x, int tokens, int heads, int headDim, int turned, ReadOnlySpan<double> cos, ReadOnlySpan<double> sin)
    {
        var (y, half) = (x.ToArray(), turned / 2);
        for (var start = 0; start < x.Length; start += headDim)
        {
            var position = start / (heads * headDim) % tokens;
            for (var i = 0; i < half; i++)
            {
                var (a, b, c, s) = (x[start + i], x[start + half + i], cos[position * half + i], sin[position * half + i]);
                (y[start + i], y[start + half + i]) = (a * c - b * s, b * c + a * s);
            }
        }

        return y;
    }
}
