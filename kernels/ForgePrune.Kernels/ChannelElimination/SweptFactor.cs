using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>
/// The factor that a sweep leaves behind. The rows of P at the removals, each over the root of its pivot, are the columns of the Cholesky factor C of
/// P[π',π'] in the order of removal π'; with the survivors first, H[π,π] = L·Lᵀ has L⁻¹ = J·Cᵀ·J, J turning the order round. So row r of L⁻¹ is the
/// row of the removal n − 1 − r, and the sweep frees the rows of P in just that order: the factor takes the place of P.
/// </summary>
internal sealed unsafe class SweptFactor(double* storage, nint stride, int n, int block) : IDisposable
{
    private readonly Scratch<double> rows = new((long)block * n);
    // The columns of the slots while a block lasts, and the removal that it begins with.
    private readonly List<(int First, int[] Columns)> blocks = [];
    private int kept;

    /// <summary>Keeps a part of the exact row of P at the next removal, over the root of its pivot; <see cref="Kept"/> follows when all parts are
    /// there.</summary>
    public void Keep(double* row, double pivot, int start, int end) => TensorPrimitives.Multiply(
        new ReadOnlySpan<double>(row + start, end - start), 1 / Math.Sqrt(pivot), new Span<double>(rows.Pointer + (nint)kept * n + start, end - start));

    /// <summary>The row of this removal is whole.</summary>
    public void Kept() => kept++;

    /// <summary>Moves what was kept since removal <paramref name="first"/> to the rows of P that are free now.</summary>
    /// <param name="columns">The columns of the slots during these removals.</param>
    public void Store(int first, int[] columns, int threads)
    {
        Workers.For(kept, threads, k =>
            new ReadOnlySpan<double>(rows.Pointer + (nint)k * n, columns.Length).CopyTo(new(Row(n - 1 - first - k), columns.Length)));
        blocks.Add((first, columns));
        kept = 0;
    }

    /// <summary>Puts every row in the order of the survivors, zeros above the diagonal. Rows of columns that were never factored become zero.</summary>
    public void Arrange(ReadOnlySpan<int> order, int threads)
    {
        var place = new int[n];
        for (var step = 0; step < n; step++)
            place[order[step]] = n - 1 - step;
        var dead = blocks.Count > 0 ? blocks[0].First : n;
        for (var row = n - dead; row < n; row++)
            new Span<double>(Row(row), n).Clear();
        Workers.For(blocks.Count, threads, block =>
        {
            var (first, columns) = blocks[block];
            var end = block + 1 < blocks.Count ? blocks[block + 1].First : n;
            var line = new double[n];
            for (var step = first; step < end; step++)
            {
                var row = n - 1 - step;
                for (var slot = 0; slot < columns.Length; slot++)
                    line[place[columns[slot]]] = Row(row)[slot];
                // What lies above the diagonal belongs to columns that had gone before this one.
                line.AsSpan(0, row + 1).CopyTo(new(Row(row), n));
                new Span<double>(Row(row) + row + 1, n - row - 1).Clear();
            }
        });
    }

    private double* Row(int index) => storage + index * stride;

    public void Dispose() => rows.Dispose();
}
