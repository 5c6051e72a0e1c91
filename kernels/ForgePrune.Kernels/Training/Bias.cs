namespace ForgePrune.Kernels;

/// <summary>A bias on every row, and its gradient.</summary>
public static unsafe class Bias
{
    /// <summary>y (rows × width) += bias on each row.</summary>
    public static void Add(Span<float> y, int rows, int width, ReadOnlySpan<float> bias)
    {
        Shape.Require<float>(y, rows, width, width);
        Shape.Require(bias, 1, width, width);
        for (var row = 0; row < rows; row++)
            Sums.Add(bias, y.Slice(row * width, width));
    }

    /// <summary>dBias += Σ over rows of dy (rows × width).</summary>
    public static void Backward(ReadOnlySpan<float> dy, int rows, int width, Span<float> dBias, int threads)
    {
        Shape.Require(dy, rows, width, width);
        Shape.Require<float>(dBias, 1, width, width);
        fixed (float* from = dy)
            Backward(from, rows, width, dBias, threads);
    }

    private static void Backward(float* dy, int rows, int width, Span<float> dBias, int threads) => RowBlocks.Sum(rows, width, dBias, threads, (first, count, sum) =>
    {
        for (var row = first; row < first + count; row++)
            Sums.Add(new ReadOnlySpan<float>(dy + (nint)row * width, width), sum);
    });
}
