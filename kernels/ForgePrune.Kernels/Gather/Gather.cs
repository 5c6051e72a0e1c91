namespace ForgePrune.Kernels;

/// <summary>Copies chosen rows, columns or blocks of a float32 matrix, in the order of the indices; an index may repeat.</summary>
public static class Gather
{
    /// <summary>Copies rows: target = source[indices, :].</summary>
    /// <param name="source">Source, rows × cols, row-major.</param>
    /// <param name="rows">Rows of the source.</param>
    /// <param name="cols">Columns of the source.</param>
    /// <param name="stride">Elements from one row of the source to the next.</param>
    /// <param name="indices">The indices wanted, in order; one may repeat.</param>
    /// <param name="target">Written: number of indices × cols, row-major. Must not overlap the source.</param>
    /// <param name="targetStride">Elements from one row of the target to the next.</param>
    /// <exception cref="ArgumentException">An index is out of range, a span too short for its shape, or a stride below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent is negative.</exception>
    public static void Rows(ReadOnlySpan<float> source, int rows, int cols, int stride, ReadOnlySpan<int> indices, Span<float> target, int targetStride) =>
        RowBlocks(source, rows, cols, stride, 1, indices, target, targetStride);

    /// <summary>Copies columns: target = source[:, indices].</summary>
    /// <param name="source">Source, rows × cols, row-major.</param>
    /// <param name="rows">Rows of the source.</param>
    /// <param name="cols">Columns of the source.</param>
    /// <param name="stride">Elements from one row of the source to the next.</param>
    /// <param name="indices">The indices wanted, in order; one may repeat.</param>
    /// <param name="target">Written: rows × number of indices, row-major. Must not overlap the source.</param>
    /// <param name="targetStride">Elements from one row of the target to the next.</param>
    /// <exception cref="ArgumentException">An index is out of range, a span too short for its shape, or a stride below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent is negative.</exception>
    public static void Columns(ReadOnlySpan<float> source, int rows, int cols, int stride, ReadOnlySpan<int> indices, Span<float> target, int targetStride) =>
        ColumnBlocks(source, rows, cols, stride, 1, indices, target, targetStride);

    /// <summary>Copies blocks of rows: block b is the rows [b·width, (b+1)·width), such as a head of a q, k or v projection.</summary>
    /// <param name="source">Source, rows × cols, row-major.</param>
    /// <param name="rows">Rows of the source.</param>
    /// <param name="cols">Columns of the source.</param>
    /// <param name="stride">Elements from one row of the source to the next.</param>
    /// <param name="width">Rows or columns of one block, at least 1.</param>
    /// <param name="blocks">The blocks wanted, in order; one may repeat.</param>
    /// <param name="target">Written: number of blocks · width × cols, row-major. Must not overlap the source.</param>
    /// <param name="targetStride">Elements from one row of the target to the next.</param>
    /// <exception cref="ArgumentException">An index is out of range, a span too short for its shape, or a stride below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The width is not positive, or an extent is negative.</exception>
    public static void RowBlocks(ReadOnlySpan<float> source, int rows, int cols, int stride, int width, ReadOnlySpan<int> blocks, Span<float> target,
        int targetStride)
    {
        Shape.Require(source, rows, cols, stride);
        Shape.Require<float>(target, checked(blocks.Length * width), cols, targetStride);
        Require(blocks, width, rows);
        for (var block = 0; block < blocks.Length; block++)
            for (var row = 0; row < width; row++)
                source.Slice((blocks[block] * width + row) * stride, cols).CopyTo(target[((block * width + row) * targetStride)..]);
    }

    /// <summary>Copies blocks of columns: block b is the columns [b·width, (b+1)·width), such as a head of an output projection.</summary>
    /// <param name="source">Source, rows × cols, row-major.</param>
    /// <param name="rows">Rows of the source.</param>
    /// <param name="cols">Columns of the source.</param>
    /// <param name="stride">Elements from one row of the source to the next.</param>
    /// <param name="width">Rows or columns of one block, at least 1.</param>
    /// <param name="blocks">The blocks wanted, in order; one may repeat.</param>
    /// <param name="target">Written: rows × number of blocks · width, row-major. Must not overlap the source.</param>
    /// <param name="targetStride">Elements from one row of the target to the next.</param>
    /// <exception cref="ArgumentException">An index is out of range, a span too short for its shape, or a stride below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The width is not positive, or an extent is negative.</exception>
    public static void ColumnBlocks(ReadOnlySpan<float> source, int rows, int cols, int stride, int width, ReadOnlySpan<int> blocks, Span<float> target,
        int targetStride)
    {
        Shape.Require(source, rows, cols, stride);
        Shape.Require<float>(target, rows, checked(blocks.Length * width), targetStride);
        Require(blocks, width, cols);
        for (var row = 0; row < rows; row++)
        {
            var from = source.Slice(row * stride, cols);
            var to = target[(row * targetStride)..];
            for (var block = 0; block < blocks.Length; block++)
                from.Slice(blocks[block] * width, width).CopyTo(to[(block * width)..]);
        }
    }

    internal static void Require(ReadOnlySpan<int> blocks, int width, int extent)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        foreach (var block in blocks)
            if (block < 0 || (block + 1L) * width > extent)
                throw new ArgumentException(
                    $"Index {block} asks for [{(long)block * width}, {(block + 1L) * width}) of {extent}; give indices from 0 to {extent / width - 1}.",
                        nameof(blocks));
    }
}
