namespace ForgePrune.Kernels;

/// <summary>SparseGPT as its formulas read, in float64, one weight after another.</summary>
internal static class SparseGptReference
{
    /// <summary>Optimal brain surgery with the columns in order: after each, the inverse loses that column by elimination.</summary>
    /// <param name="inverse">H⁻¹ (cols × cols) of the damped Gram; not changed.</param>
    public static double[] Run(ReadOnlySpan<float> weights, int rows, int cols, int stride, SparsityPattern pattern, ReadOnlySpan<double> inverse)
    {
        var inverses = Eliminated(inverse, cols);
        var w = new double[rows * cols];
        for (var i = 0; i < w.Length; i++)
            w[i] = weights[(i / cols * stride) + (i % cols)];
        var removed = new bool[w.Length];
        for (var col = 0; col < cols; col++)
        {
            if (pattern.HasGroups && col % pattern.Group == 0)
                for (var row = 0; row < rows; row++)
                    Choose(row, row + 1, col, col + pattern.Group, pattern.Group - pattern.Kept);
            else if (!pattern.HasGroups && col % SparsityPattern.Strip == 0 && Math.Min(cols, col + SparsityPattern.Strip) is var end)
                Choose(0, rows, col, end, pattern.RemovedOf(rows, end) - pattern.RemovedOf(rows, col));
            for (var row = 0; row < rows; row++)
                if (removed[(row * cols) + col])
                    Remove(w.AsSpan(row * cols, cols), col, inverses[col]);
        }
        return w;

        void Choose(int fromRow, int toRow, int fromCol, int toCol, long count)
        {
            var places = from row in Enumerable.Range(fromRow, toRow - fromRow)
                         from col in Enumerable.Range(fromCol, toCol - fromCol)
                         select (row * cols) + col;
            foreach (var place in places.OrderBy(Cost).Take((int)count))
                removed[place] = true;
        }

        double Cost(int place) => w[place] * w[place] / inverses[place % cols][(place % cols * cols) + (place % cols)];
    }

    /// <summary>tr((W − V) H (W − V)ᵀ): what the change does to the outputs.</summary>
    public static double Error(ReadOnlySpan<float> before, ReadOnlySpan<double> after, int cols, ReadOnlySpan<double> hessian)
    {
        var sum = 0.0;
        for (var row = 0; row < after.Length; row += Math.Max(1, cols))
            for (var i = 0; i < cols; i++)
                for (var k = 0; k < cols; k++)
                    sum += (before[row + i] - after[row + i]) * hessian[(i * cols) + k] * (before[row + k] - after[row + k]);
        return sum;
    }

    /// <summary>For every column the inverse of H without the columns before it.</summary>
    private static double[][] Eliminated(ReadOnlySpan<double> inverse, int cols)
    {
        var (all, p) = (new double[cols][], inverse.ToArray());
        for (var col = 0; col < cols; col++)
        {
            all[col] = (double[])p.Clone();
            for (var i = col + 1; i < cols; i++)
                for (var k = col + 1; k < cols; k++)
                    p[(i * cols) + k] -= p[(i * cols) + col] * p[(col * cols) + k] / p[(col * cols) + col];
        }
        return all;
    }

    private static void Remove(Span<double> line, int col, double[] p)
    {
        var (cols, weight) = (line.Length, line[col]);
        for (var k = col; k < cols; k++)
            line[k] -= weight * p[(col * cols) + k] / p[(col * cols) + col];
        line[col] = 0;
    }
}
