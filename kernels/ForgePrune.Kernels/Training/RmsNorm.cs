using System.Numerics;

namespace ForgePrune.Kernels;

/// <summary>Root-mean-square normalization of rows: y = x · s ∘ w with s = 1 / √(mean x² + ε) (Zhang and Sennrich 2019). Rows lie one after the
/// other.</summary>
public static unsafe class RmsNorm
{
    /// <summary>Normalizes every row.</summary>
    /// <param name="x">X, rows × width, row-major without gaps.</param>
    /// <param name="rows">Rows of X.</param>
    /// <param name="width">Columns of X.</param>
    /// <param name="weight">Weights w, width elements.</param>
    /// <param name="epsilon">ε, added to the mean square.</param>
    /// <param name="y">Written: rows × width; may be <paramref name="x"/>.</param>
    /// <param name="scales">Written: s of each row, for <see cref="Backward"/>.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static void Forward(ReadOnlySpan<float> x, int rows, int width, ReadOnlySpan<float> weight, double epsilon, Span<float> y, Span<float> scales,
        int threads)
    {
        Shape.Require(x, rows, width, width);
        Shape.Require(weight, 1, width, width);
        Shape.Require<float>(y, rows, width, width);
        Shape.Require<float>(scales, rows, 1, 1);
        fixed (float* px = x, pw = weight, py = y, ps = scales)
            Normalize(px, rows, width, pw, epsilon, py, ps, threads);
    }

    /// <summary>Adds the gradients of X and of the weights from that of Y (backward pass).</summary>
    /// <param name="x">X, rows × width, row-major without gaps.</param>
    /// <param name="rows">Rows of X.</param>
    /// <param name="width">Columns of X.</param>
    /// <param name="weight">Weights w, width elements.</param>
    /// <param name="scales">s of each row, from <see cref="Forward"/>.</param>
    /// <param name="dy">Gradient of Y, rows × width.</param>
    /// <param name="dx">Gradient of X, rows × width; added to.</param>
    /// <param name="dWeight">Gradient of the weights, width elements; added to.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    /// <remarks>With g = w ∘ dy: ∂x = s·g − x · s³/width · Σ g∘x, and ∂w = Σ over rows of dy ∘ x · s.</remarks>
    public static void Backward(ReadOnlySpan<float> x, int rows, int width, ReadOnlySpan<float> weight, ReadOnlySpan<float> scales,
        ReadOnlySpan<float> dy, Span<float> dx, Span<float> dWeight, int threads)
    {
        Shape.Require(x, rows, width, width);
        Shape.Require(weight, 1, width, width);
        Shape.Require(scales, rows, 1, 1);
        Shape.Require(dy, rows, width, width);
        Shape.Require<float>(dx, rows, width, width);
        Shape.Require<float>(dWeight, 1, width, width);
        fixed (float* px = x, pw = weight, ps = scales, pdy = dy, pdx = dx)
            Gradients(px, rows, width, pw, ps, pdy, pdx, dWeight, threads);
    }

    private static void Normalize(float* x, int rows, int width, float* weight, double epsilon, float* y, float* scales, int threads) =>
        RowBlocks.For(rows, threads, (first, count) =>
        {
            for (var row = first; row < first + count; row++)
            {
                var from = new ReadOnlySpan<float>(x + (nint)row * width, width);
                var scale = (float)(1 / Math.Sqrt(Sums.Squares(from) / width + epsilon));
                scales[row] = scale;
                Scale(from, scale, new ReadOnlySpan<float>(weight, width), new Span<float>(y + (nint)row * width, width));
            }
        });

    private static void Scale(ReadOnlySpan<float> x, float scale, ReadOnlySpan<float> weight, Span<float> y)
    {
        var i = 0;
        for (; i <= x.Length - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(x[i..]) * scale * new Vector<float>(weight[i..])).CopyTo(y[i..]);
        for (; i < x.Length; i++)
            y[i] = x[i] * scale * weight[i];
    }

    private static void Gradients(float* x, int rows, int width, float* weight, float* scales, float* dy, float* dx, Span<float> dWeight, int threads) =>
        RowBlocks.Sum(rows, width, dWeight, threads, (first, count, sum) =>
        {
            var w = new ReadOnlySpan<float>(weight, width);
            for (var row = first; row < first + count; row++)
            {
                var at = (nint)row * width;
                Row(new(x + at, width), w, scales[row], new(dy + at, width), new(dx + at, width), sum);
            }
        });

    private static void Row(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, float scale, ReadOnlySpan<float> dy, Span<float> dx, Span<float> dWeight)
    {
        var (along, i) = (Vector<float>.Zero, 0);
        for (; i <= x.Length - Vector<float>.Count; i += Vector<float>.Count)
            along = Vector.MultiplyAddEstimate(new Vector<float>(weight[i..]) * new Vector<float>(dy[i..]), new Vector<float>(x[i..]), along);
        var product = Vector.Sum(along);
        for (; i < x.Length; i++)
            product += weight[i] * dy[i] * x[i];
        var pull = product * scale * scale * scale / x.Length;
        for (i = 0; i <= x.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> vx = new(x[i..]), vdy = new(dy[i..]);
            (new Vector<float>(dx[i..]) + new Vector<float>(weight[i..]) * vdy * scale - vx * pull).CopyTo(dx[i..]);
            (new Vector<float>(dWeight[i..]) + vdy * vx * scale).CopyTo(dWeight[i..]);
        }

        for (; i < x.Length; i++)
        {
            dx[i] += weight[i] * dy[i] * scale - x[i] * pull;
            dWeight[i] += dy[i] * x[i] * scale;
        }
    }
}
