namespace ForgePrune.Kernels;

/// <summary>Products with a lower triangular matrix (n × n, zeros above the diagonal), strip by strip so that most of the zeros are not multiplied.</summary>
internal static class TriangularProduct
{
    private const int Strip = 256;

    /// <summary>result (n × width) = L · x, both contiguous and apart from each other.</summary>
    public static void Lower(ReadOnlyLongSpan<double> lower, int n, int stride, ReadOnlyLongSpan<double> x, LongSpan<double> result, int width, int threads)
    {
        for (var first = 0; first < n && width > 0; first += Strip)
        {
            var rows = Math.Min(Strip, n - first);
            Product.Multiply(Transpose.No, Transpose.No, rows, width, first + rows, 1.0, lower.Slice((long)first * stride), stride, x, width,
                0.0, result.Span((long)first * width, (long)rows * width), width, threads);
        }
    }

    /// <summary>result (n × width) = Lᵀ · x, both contiguous and apart from each other.</summary>
    public static void LowerTransposed(
        ReadOnlyLongSpan<double> lower, int n, int stride, ReadOnlyLongSpan<double> x, LongSpan<double> result, int width, int threads)
    {
        for (var first = 0; first < n && width > 0; first += Strip)
        {
            var rows = Math.Min(Strip, n - first);
            Product.Multiply(Transpose.Yes, Transpose.No, rows, width, n - first, 1.0, lower.Slice((long)first * stride + first), stride,
                x.Slice((long)first * width), width, 0.0, result.Span((long)first * width, (long)rows * width), width, threads);
        }
    }
}
