using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>Gathers and scatters whole blocks of rows or columns: a head is headDim of them, a channel is one.</summary>
internal static class BlockSlice
{
    /// <summary>Rows of the given blocks, in the given order (kept.Count·block × cols).</summary>
    public static Matrix Rows(Matrix from, IReadOnlyList<int> kept, int block)
    {
        var to = new Matrix(kept.Count * block, from.Cols);
        Gather.RowBlocks(from.Values, from.Rows, from.Cols, from.Cols, block, kept.ToArray(), to.Values, to.Cols);
        return to;
    }

    /// <summary>Columns of the given blocks, in the given order (rows × kept.Count·block).</summary>
    public static Matrix Columns(Matrix from, IReadOnlyList<int> kept, int block)
    {
        var to = new Matrix(from.Rows, kept.Count * block);
        Gather.ColumnBlocks(from.Values, from.Rows, from.Cols, from.Cols, block, kept.ToArray(), to.Values, to.Cols);
        return to;
    }

    /// <summary>The reverse of <see cref="Columns"/>: zero where nothing was kept (rows × cols).</summary>
    public static Matrix Scatter(Matrix from, IReadOnlyList<int> kept, int block, int cols)
    {
        var to = new Matrix(from.Rows, cols);
        for (var row = 0; row < from.Rows; row++)
            for (var i = 0; i < kept.Count; i++)
                from.Row(row).Slice(i * block, block).CopyTo(to.Row(row)[(kept[i] * block)..]);
        return to;
    }

    /// <summary>Entries of the given blocks of a bias.</summary>
    public static float[]? Bias(float[]? from, IReadOnlyList<int> kept, int block) =>
        from is null ? null : Rows(new Matrix(from.Length, 1, from), kept, block).Values;

    /// <summary>The single columns that blocks cover.</summary>
    public static int[] Indices(IReadOnlyList<int> kept, int block)
    {
        var indices = new int[kept.Count * block];
        for (var i = 0; i < indices.Length; i++)
            indices[i] = kept[i / block] * block + i % block;
        return indices;
    }
}
