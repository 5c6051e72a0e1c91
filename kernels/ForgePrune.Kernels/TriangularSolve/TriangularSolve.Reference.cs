namespace ForgePrune.Kernels;

/// <summary>Forward and backward substitution as in any textbook.</summary>
internal static class TriangularSolveReference
{
    /// <summary>B (n × m) = L⁻¹ B in place.</summary>
    public static void Lower(ReadOnlySpan<double> l, int n, int lStride, Span<double> b, int m, int bStride)
    {
        for (var c = 0; c < m; c++)
            for (var i = 0; i < n; i++)
            {
                var sum = b[i * bStride + c];
                for (var j = 0; j < i; j++)
                    sum -= l[i * lStride + j] * b[j * bStride + c];
                b[i * bStride + c] = sum / l[i * lStride + i];
            }
    }

    /// <summary>B (n × m) = L⁻ᵀ B in place.</summary>
    public static void LowerTransposed(ReadOnlySpan<double> l, int n, int lStride, Span<double> b, int m, int bStride)
    {
        for (var c = 0; c < m; c++)
            for (var i = n - 1; i >= 0; i--)
            {
                var sum = b[i * bStride + c];
                for (var j = i + 1; j < n; j++)
                    sum -= l[j * lStride + i] * b[j * bStride + c];
                b[i * bStride + c] = sum / l[i * lStride + i];
            }
    }
}
