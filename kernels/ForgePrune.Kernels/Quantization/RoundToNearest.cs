namespace ForgePrune.Kernels;

/// <summary>Quantisation without data: each weight takes the nearest value of its block's grid.</summary>
public static class RoundToNearest
{
    // Rows in one piece of work.
    private const int Bundle = 16;

    /// <summary>Quantises W (rows × cols, float32).</summary>
    /// <exception cref="ArithmeticException">A weight is not a finite number.</exception>
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
