namespace ForgePrune.Kernels;

/// <summary>The same moments, token by token in float64.</summary>
internal static class GramReference
{
    /// <summary>moment (rows × cols) += YᵀX for Y (tokens × rows) and X (tokens × cols).</summary>
    public static void AccumulateCross(ReadOnlySpan<float> y, int rows, int yStride, ReadOnlySpan<float> x, int cols, int xStride, int tokens,
        Span<double> moment, int momentStride)
    {
        for (var token = 0; token < tokens; token++)
            for (var row = 0; row < rows; row++)
                for (var col = 0; col < cols; col++)
                    moment[row * momentStride + col] += (double)y[token * yStride + row] * x[token * xStride + col];
    }
}
