namespace ForgePrune.Kernels;

/// <summary>The factor, element by element.</summary>
internal static class CholeskyReference
{
    /// <inheritdoc cref="Cholesky.Factor(LongSpan{double}, int, int, int)"/>
    public static int Factor(Span<double> a, int n, int stride)
    {
        for (var i = 0; i < n; i++)
            for (var j = 0; j <= i; j++)
            {
                var sum = a[i * stride + j];
                for (var d = 0; d < j; d++)
                    sum -= a[i * stride + d] * a[j * stride + d];
                if (i == j && !(sum > 0 && double.IsFinite(sum)))
                    return i;
                a[i * stride + j] = i == j ? Math.Sqrt(sum) : sum / a[j * stride + j];
            }
        return -1;
    }
}
