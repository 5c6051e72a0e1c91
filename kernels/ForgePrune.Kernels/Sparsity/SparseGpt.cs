using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>Sets weights to zero by second-order saliency: columns are worked off from left to right, and what a removed weight did for the outputs
/// is taken over by those to its right, least squares over the inputs that H was made from.</summary>
/// <remarks>
/// With H⁻¹ = Uᵀ·U, (w_j / U_jj)² is twice what removing w_j alone costs once the columns before j are settled; the least go. For column j:
/// e = w_j / U_jj, then w_k ← w_k − e·U_jk for every k > j (Frantar and Alistarh, "SparseGPT", arXiv 2301.00774). The choice is made for a strip of
/// 128 columns at once, over all rows, when its first column is reached; in groups, for one group of one row. Sums in float64; the same result for
/// every number of threads. Workspace: 8·rows·(cols + 400) bytes.
/// </remarks>
public static unsafe class SparseGpt
{
    // Rows in one piece of work.
    private const int Bundle = 8;

    /// <summary>Sets weights to zero and adjusts the others.</summary>
    /// <param name="weights">W, rows × cols, row-major.</param>
    /// <param name="rows">Rows (outputs) of W.</param>
    /// <param name="cols">Columns (inputs) of W.</param>
    /// <param name="stride">Elements from one row of W to the next.</param>
    /// <param name="pattern">Which weights may become zero.</param>
    /// <param name="factor">The factor of H⁻¹ over the same columns.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <returns>The weights with their zeros, rows × cols, row-major without gaps.</returns>
    /// <exception cref="ArithmeticException">A weight is not a finite number.</exception>
    /// <exception cref="ArgumentException">
    /// The span is too short for its shape, the stride below its columns, the factor of another size, or the columns are no whole groups of the pattern.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static float[] Run(
        ReadOnlySpan<float> weights, int rows, int cols, int stride, SparsityPattern pattern, InverseFactor factor, int threads)
    {
        Shape.Require(weights, rows, cols, stride);
        if (factor.Cols != cols)
            throw new ArgumentException($"a factor of {factor.Cols} columns does not belong to weights of {cols}.", nameof(factor));
        if (pattern.HasGroups && cols % pattern.Group != 0)
            throw new ArgumentException($"{cols} columns are no whole groups of {pattern.Group}.", nameof(pattern));
        var result = LargeArray.Uninitialized<float>((long)rows * cols);
        using Scratch<double> memory = new((long)rows * cols), errors = new((long)rows * SparsityPattern.Strip);
        for (var row = 0; row < rows; row++)
        {
            var line = weights.Slice(row * stride, cols);
            if (line.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) is var bad and >= 0)
                throw new ArithmeticException($"A weight is {line[bad]}; only finite weights can be pruned.");
            TensorPrimitives.ConvertChecked(line, new Span<double>(memory.Pointer + ((nint)row * cols), cols));
        }
        fixed (double* u = factor.Upper)
            new Sweep(memory.Pointer, errors.Pointer, u, rows, cols, pattern, threads).Run();
        for (var row = 0; row < rows; row++)
            TensorPrimitives.ConvertTruncating(new ReadOnlySpan<double>(memory.Pointer + ((nint)row * cols), cols), result.AsSpan(row * cols, cols));
        return result;
    }

    /// <summary>All rows on their way through the strips.</summary>
    private sealed class Sweep(double* w, double* errors, double* u, int rows, int cols, SparsityPattern pattern, int threads)
    {
        private const int Strip = SparsityPattern.Strip;

        private readonly StripChoice choice = new(rows);

        public void Run()
        {
            for (var start = 0; start < cols; start += Strip)
            {
                var (from, end) = (start, Math.Min(cols, start + Strip));
                if (!pattern.HasGroups)
                {
                    Rows(row => Score(row, from, from, end));
                    choice.Take(end - start, pattern.RemovedOf(rows, end) - pattern.RemovedOf(rows, start));
                }
                Rows(row => Row(row, from, end));
                // Everything to the right feels the whole strip at once.
                var influence = u + ((nint)start * cols) + end;
                Product.Add(Transpose.No, Transpose.No, rows, cols - end, end - start, -1.0, errors, Strip, influence, cols, w + end, cols, threads);
            }
        }

        private void Rows(Action<int> work) => Workers.For((rows + Bundle - 1) / Bundle, threads, bundle =>
        {
            for (var row = bundle * Bundle; row < Math.Min(rows, (bundle + 1) * Bundle); row++)
                work(row);
        });

        /// <summary>What removing each of these weights costs, as they are now.</summary>
        private void Score(int row, int start, int from, int end)
        {
            var weights = w + ((nint)row * cols);
            var scores = choice.Scores(row);
            for (var col = from; col < end; col++)
            {
                var error = weights[col] / u[((nint)col * cols) + col];
                scores[col - start] = error * error;
            }
        }

        private void Row(int row, int start, int end)
        {
            var weights = new Span<double>(w + ((nint)row * cols), cols);
            var removed = choice.Removed(row);
            for (var col = start; col < end; col++)
            {
                if (pattern.HasGroups && col % pattern.Group == 0)
                {
                    Score(row, start, col, col + pattern.Group);
                    choice.TakeGroup(row, col - start, pattern);
                }
                if (!removed[col - start])
                {
                    errors[((nint)row * Strip) + col - start] = 0;
                    continue;
                }
                var influence = u + ((nint)col * cols);
                var error = weights[col] / influence[col];
                errors[((nint)row * Strip) + col - start] = error;
                weights[col] = 0;
                var rest = weights[(col + 1)..end];
                TensorPrimitives.MultiplyAdd(new ReadOnlySpan<double>(influence + col + 1, rest.Length), -error, rest, rest);
            }
        }
    }
}
