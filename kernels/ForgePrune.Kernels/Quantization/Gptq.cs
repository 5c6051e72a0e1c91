using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>
/// Quantization by second-order error feedback (GPTQ): columns are rounded from left to right, and what rounding one of them does to the outputs is made good
/// by
/// those to its right, by least squares over the inputs that H was made from.
/// </summary>
/// <remarks>
/// For column j: e = (w_j − q_j) / U_jj, then w_k ← w_k − e·U_jk for every k > j, rows independent of each other (Frantar et al., "GPTQ", arXiv 2210.17323,
/// eq. (2) and (3), and the steps "Lazy Batch-Updates" and "Cholesky Reformulation"). A block's grid is taken from its weights when the first of its columns is
/// reached. Columns are worked off in strips: inside a strip each column is felt at once, to the right of it all of its columns as one product. Sums in
/// float64;
/// the same result for every number of threads. Workspace: 8·cols bytes for each of at most 1024 rows.
/// </remarks>
public static unsafe class Gptq
{
    // A strip holds whole blocks. Longer ones move work from the product into the plain loop.
    private const int Strip = 128;

    // Rows in flight, and rows in one piece of work.
    private const int Panel = 1024, Bundle = 8;

    /// <summary>Quantizes W column by column with second-order error feedback.</summary>
    /// <param name="weights">W, rows × cols, row-major.</param>
    /// <param name="rows">Rows (outputs) of W.</param>
    /// <param name="cols">Columns (inputs) of W.</param>
    /// <param name="stride">Elements from one row of W to the next.</param>
    /// <param name="format">How the codes are stored.</param>
    /// <param name="factor">The factor of H⁻¹ over the same columns.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <returns>The codes, scales and zero points.</returns>
    /// <exception cref="ArithmeticException">A weight is not a finite number, or does not stay one.</exception>
    /// <exception cref="ArgumentException">The span is too short for its shape, the stride below its columns, or the factor of another size.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static QuantizedMatrix Run(ReadOnlySpan<float> weights, int rows, int cols, int stride, QuantizationFormat format, InverseFactor factor, int threads)
    {
        Shape.Require(weights, rows, cols, stride);
        if (factor.Cols != cols)
            throw new ArgumentException($"a factor of {factor.Cols} columns does not belong to weights of {cols}.", nameof(factor));
        var result = new QuantizedMatrix(rows, cols, format);
        var strip = Math.Max(Strip, format.Block);
        var height = Math.Min(rows, Panel);
        using Scratch<double> memory = new((long)height * cols), errors = new((long)height * strip);
        fixed (double* u = factor.Upper)
            for (var first = 0; first < rows; first += Panel)
            {
                var count = Math.Min(Panel, rows - first);
                for (var row = 0; row < count; row++)
                    TensorPrimitives.ConvertChecked(weights.Slice((first + row) * stride, cols), new Span<double>(memory.Pointer + ((nint)row * cols), cols));
                new Sweep(result, memory.Pointer, errors.Pointer, u, strip, first, count, threads).Run();
            }
        return result;
    }

    /// <summary>One panel of rows on its way through the strips.</summary>
    private sealed class Sweep(QuantizedMatrix result, double* w, double* errors, double* u, int strip, int first, int count, int threads)
    {
        private readonly int cols = result.Cols, block = result.Format.Block;

        public void Run()
        {
            for (var start = 0; start < cols; start += strip)
            {
                var (from, end) = (start, Math.Min(cols, start + strip));
                Workers.For((count + Bundle - 1) / Bundle, threads, bundle =>
                {
                    for (var row = bundle * Bundle; row < Math.Min(count, (bundle + 1) * Bundle); row++)
                        Row(row, from, end);
                });
                // Everything to the right feels the whole strip at once.
                Product.Add(Transpose.No, Transpose.No, count, cols - end, end - start, -1.0, errors, strip, u + ((nint)start * cols) + end, cols, w + end,
                    cols, threads);
            }
        }

        private void Row(int row, int start, int end)
        {
            var weights = new Span<double>(w + ((nint)row * cols), cols);
            var codes = result.Codes.AsSpan((first + row) * cols, cols);
            QuantizationGrid grid = default;
            for (var col = start; col < end; col++)
            {
                if (col % block == 0)
                    result.Keep(first + row, col / block, grid = QuantizationGrid.Of(weights[col..Math.Min(cols, col + block)], result.Format));
                codes[col] = grid.Code(weights[col]);
                var influence = u + ((nint)col * cols);
                var error = (weights[col] - grid.Value(codes[col])) / influence[col];
                errors[((nint)row * strip) + col - start] = error;
                var rest = weights[(col + 1)..end];
                TensorPrimitives.MultiplyAdd(new ReadOnlySpan<double>(influence + col + 1, rest.Length), -error, rest, rest);
            }
        }
    }
}
