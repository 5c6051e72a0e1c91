namespace ForgePrune.Kernels;

/// <summary>A bias on every row, and its gradient.</summary>
public static unsafe class Bias
{
    /// <summary>Adds a bias to every row.</summary>
    /// <param name="y">Y, rows × width, row-major without gaps; changed.</param>
    /// <param name="rows">Rows of Y.</param>
    /// <param name="width">Columns of Y.</param>
    /// <param name="bias">Bias, width elements.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent is negative.</exception>
    public static void Add(Span<float> y, int rows, int width, ReadOnlySpan<float> bias)
    {
        Shape.Require<float>(y, rows, width, width);
        Shape.Require(bias, 1, width, width);
        for (var row = 0; row < rows; row++)
            Sums.Add(bias, y.Slice(row * width, width));
    }

    /// <summary>Adds the gradient of a bias: the sum of the rows of dy.</summary>
    /// <param name="dy">Gradient of Y, rows × width, row-major without gaps.</param>
    /// <param name="rows">Rows of dy.</param>
    /// <param name="width">Columns of dy.</param>
    /// <param name="dBias">Gradient of the bias, width elements; added to.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static void Backward(ReadOnlySpan<float> dy, int rows, int width, Span<float> dBias, int threads)
    {
        Shape.Require(dy, rows, width, width);
        Shape.Require<float>(dBias, 1, width, width);
        fixed (float* from = dy)
            Backward(from, rows, width, dBias, threads);
    }

    private static void Backward(float* dy, int rows, int width, Span<float> dBias, int threads) =>
        RowBlocks.Sum(rows, width, dBias, threads, (first, count, sum) =>
    {
        for (var row = first; row < first + count; row++)
            Sums.Add(new ReadOnlySpan<float>(dy + (nint)row * width, width), sum);
    });
}
