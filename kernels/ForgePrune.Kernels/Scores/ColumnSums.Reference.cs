namespace ForgePrune.Kernels;

/// <summary>The same sums, element by element.</summary>
internal static class ColumnSumsReference
{
    public static void Absolute(ReadOnlySpan<float> weights, int rows, int cols, int stride, Span<double> sums) =>
        Run(weights, rows, cols, stride, sums, static w => Math.Abs(w));

    public static void Squares(ReadOnlySpan<float> weights, int rows, int cols, int stride, Span<double> sums) =>
        Run(weights, rows, cols, stride, sums, static w => w * w);

    private static void Run(ReadOnlySpan<float> weights, int rows, int cols, int stride, Span<double> sums, Func<double, double> term)
    {
        for (var col = 0; col < cols; col++)
        {
            sums[col] = 0;
            for (var row = 0; row < rows; row++)
                sums[col] += term(weights[row * stride + col]);
        }
    }
}
