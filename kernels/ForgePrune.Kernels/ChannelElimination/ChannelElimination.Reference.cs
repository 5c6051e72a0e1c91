using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>The same elimination written plainly: every removal is a rank-one update of all weights and of the whole inverse.</summary>
internal static class ChannelEliminationReference
{
    /// <summary>
    /// Removes all columns of W (rows × n) greedily: score ‖W_:j‖² / P_jj, then W ← W − W_:j P_j: / P_jj and P ← P − P_:j P_j: / P_jj.
    /// Both arrays are overwritten. <paramref name="removals"/> limits the number of steps, for timing.
    /// </summary>
    public static EliminationResult Run(Span<double> weights, int rows, Span<double> inverse, int n, ReadOnlySpan<bool> dead, int threads,
        int removals = int.MaxValue)
    {
        var removed = dead.IsEmpty ? new bool[n] : dead.ToArray();
        var order = Enumerable.Range(0, n).Where(j => removed[j]).ToList();
        var scores = order.Select(_ => 0.0).ToList();
        var (norms, candidate, direction, column) = (new double[n], new double[n], new double[n], new double[Math.Max(rows, n)]);
        while (order.Count < Math.Min(n, removals))
        {
            Array.Clear(norms);
            for (var r = 0; r < rows; r++)
            {
                var row = weights.Slice(r * n, n);
                TensorPrimitives.MultiplyAdd(row, row, norms, norms);
            }
            for (var j = 0; j < n; j++)
                candidate[j] = removed[j] ? double.PositiveInfinity : norms[j] / inverse[j * n + j];
            var best = TensorPrimitives.IndexOfMin<double>(candidate);
            order.Add(best);
            scores.Add(candidate[best]);
            removed[best] = true;
            TensorPrimitives.Divide(inverse.Slice(best * n, n), inverse[best * n + best], direction);
            Update(weights, rows, n, best, direction, column, threads);
            Update(inverse, n, n, best, direction, column, threads);
        }
        return new([.. order], [.. scores]);
    }

    private static void Update(Span<double> matrix, int rows, int n, int col, double[] direction, double[] column, int threads)
    {
        for (var r = 0; r < rows; r++)
            column[r] = matrix[r * n + col];
        unsafe
        {
            fixed (double* p = matrix)
            {
                var start = p;
                Workers.For((rows + 63) / 64, threads, piece =>
                {
                    for (var r = piece * 64; r < Math.Min(rows, piece * 64 + 64); r++)
                    {
                        var row = new Span<double>(start + (nint)r * n, n);
                        TensorPrimitives.MultiplyAdd(direction, -column[r], row, row);
                    }
                });
            }
        }
    }
}
