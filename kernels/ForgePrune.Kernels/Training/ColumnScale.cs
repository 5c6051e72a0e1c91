using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>One factor for each column: y = x ∘ s on every row.</summary>
internal static unsafe class ColumnScale
{
    /// <summary>Scales every row.</summary>
    /// <param name="x">X, rows × width, row-major without gaps.</param>
    /// <param name="scale">Factors s, width elements.</param>
    /// <param name="y">Written: rows × width; may be <paramref name="x"/>.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape.</exception>
    public static void Forward(ReadOnlySpan<float> x, int rows, int width, ReadOnlySpan<float> scale, Span<float> y, int threads)
    {
        Shape.Require(x, rows, width, width);
        Shape.Require(scale, 1, width, width);
        Shape.Require<float>(y, rows, width, width);
        fixed (float* from = x, factors = scale, to = y)
            Scale(from, rows, width, factors, to, threads);
    }

    /// <summary>Adds the gradient of the factors, Σ over rows of dy ∘ x, and turns that of Y into that of X, dy ∘ s.</summary>
    /// <param name="x">X, rows × width, row-major without gaps.</param>
    /// <param name="scale">Factors s, width elements.</param>
    /// <param name="d">Gradient of Y, and then of X, rows × width.</param>
    /// <param name="dScale">Gradient of the factors, width elements; added to.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape.</exception>
    public static void Backward(ReadOnlySpan<float> x, int rows, int width, ReadOnlySpan<float> scale, Span<float> d, Span<float> dScale, int threads)
    {
        Shape.Require(x, rows, width, width);
        Shape.Require(scale, 1, width, width);
        Shape.Require<float>(d, rows, width, width);
        Shape.Require<float>(dScale, 1, width, width);
        fixed (float* from = x, factors = scale, gradient = d)
            Gradients(from, rows, width, factors, gradient, dScale, threads);
    }

    private static void Scale(float* x, int rows, int width, float* scale, float* y, int threads) => RowBlocks.For(rows, threads, (first, count) =>
    {
        for (var row = first; row < first + count; row++)
        {
            TensorPrimitives.Multiply(new ReadOnlySpan<float>(x + (nint)row * width, width), new ReadOnlySpan<float>(scale, width),
                new Span<float>(y + (nint)row * width, width));
        }
    });

    private static void Gradients(float* x, int rows, int width, float* scale, float* d, Span<float> dScale, int threads) =>
        RowBlocks.Sum(rows, width, dScale, threads, (first, count, sum) =>
    {
        for (var row = first; row < first + count; row++)
        {
            var dy = new Span<float>(d + (nint)row * width, width);
            TensorPrimitives.MultiplyAdd(dy, new ReadOnlySpan<float>(x + (nint)row * width, width), sum, sum);
            TensorPrimitives.Multiply(dy, new ReadOnlySpan<float>(scale, width), dy);
        }
    });
}
