namespace ForgePrune.Kernels;

/// <summary>Quantization without data: each weight takes the nearest value of its block's grid.</summary>
public static class RoundToNearest
{
    // Rows in one piece of work.
    private const int Bundle = 16;

    /// <summary>Quantizes W by rounding every weight to the nearest value of its block.</summary>
    /// <param name="weights">W, rows × cols, row-major.</param>
    /// <param name="rows">Rows (outputs) of W.</param>
    /// <param name="cols">Columns (inputs) of W.</param>
    /// <param name="stride">Elements from one row of W to the next.</param>
    /// <param name="format">How the codes are stored.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <returns>The codes, scales and zero points.</returns>
    /// <exception cref="ArithmeticException">A weight is not a finite number.</exception>
    /// <exception cref="ArgumentException">The span is too short for its shape, or the stride is below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static unsafe QuantizedMatrix Run(ReadOnlySpan<float> weights, int rows, int cols, int stride, QuantizationFormat format, int threads)
    {
        Shape.Require(weights, rows, cols, stride);
        var result = new QuantizedMatrix(rows, cols, format);
        fixed (float* pinned = weights)
        {
            var w = pinned;
            Workers.For((rows + Bundle - 1) / Bundle, threads, bundle =>
            {
                Span<double> wide = stackalloc double[format.Block];
                for (var row = bundle * Bundle; row < Math.Min(rows, (bundle + 1) * Bundle); row++)
                    for (var block = 0; block < result.Blocks; block++)
                    {
                        var start = block * format.Block;
                        var part = wide[..Math.Min(format.Block, cols - start)];
                        for (var i = 0; i < part.Length; i++)
                            part[i] = w[((nint)row * stride) + start + i];
                        Round(result, row, block, part);
                    }
            });
        }
        return result;
    }

    private static void Round(QuantizedMatrix result, int row, int block, ReadOnlySpan<double> weights)
    {
        var grid = QuantizationGrid.Of(weights, result.Format);
        result.Keep(row, block, grid);
        var codes = result.Codes.AsSpan((row * result.Cols) + (block * result.Format.Block), weights.Length);
        for (var i = 0; i < codes.Length; i++)
            codes[i] = grid.Code(weights[i]);
    }
}
