namespace ForgePrune.Kernels;

/// <summary>Products with a lower triangular matrix (n × n, zeros above the diagonal), strip by strip so that most of the zeros are not multiplied.</summary>
internal static class TriangularProduct
{
    private const int Strip = 256;

    /// <summary>result (n × width) = L · x, both contiguous and apart from each other.</summary>
    public static void Lower(ReadOnlySpan<double> lower, int n, int stride, ReadOnlySpan<double> x, Span<double> result, int width, int threads)
    {
        for (var first = 0; first < n && width > 0; first += Strip)
        {
            var rows = Math.Min(Strip, n - first);
            Product.Multiply(Transpose.No, Transpose.No, rows, width, first + rows, 1.0, lower[(first * stride)..], stride, x, width,
                0.0, result[(first * width)..], width, threads);
        }
    }

    /// <summary>result (n × width) = Lᵀ · x, both contiguous and apart from each other.</summary>
    public static void LowerTransposed(ReadOnlySpan<double> lower, int n, int stride, ReadOnlySpan<double> x, Span<double> result, int width, int threads)
    {
        for (var first = 0; first < n && width > 0; first += Strip)
            Product.Multiply(Transpose.Yes, Transpose.No, Math.Min(Strip, n - first), width, n - first, 1.0, lower[(first * stride + first)..], stride,
                x[(first * width)..], width, 0.0, result[(first * width)..], width, threads);
    }
}
