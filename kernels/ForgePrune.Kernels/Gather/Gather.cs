namespace ForgePrune.Kernels;

/// <summary>Copies chosen rows, columns or blocks of a float32 matrix, in the order of the indices; an index may repeat.</summary>
public static class Gather
{
    /// <summary>target (indices × cols) = source[indices, :].</summary>
    public static void Rows(ReadOnlySpan<float> source, int rows, int cols, int stride, ReadOnlySpan<int> indices, Span<float> target, int targetStride) =>
        RowBlocks(source, rows, cols, stride, 1, indices, target, targetStride);

    /// <summary>target (rows × indices) = source[:, indices].</summary>
    public static void Columns(ReadOnlySpan<float> source, int rows, int cols, int stride, ReadOnlySpan<int> indices, Span<float> target, int targetStride) =>
        ColumnBlocks(source, rows, cols, stride, 1, indices, target, targetStride);

    /// <summary>Rows in blocks of <paramref name="width"/>: block b is the rows [b·width, (b+1)·width), as a head of a q, k or v projection.</summary>
    public static void RowBlocks(ReadOnlySpan<float> source, int rows, int cols, int stride, int width, ReadOnlySpan<int> blocks, Span<float> target, int targetStride)
    {
        Shape.Require(source, rows, cols, stride);
        Shape.Require<float>(target, checked(blocks.Length * width), cols, targetStride);
        Require(blocks, width, rows);
        for (var block = 0; block < blocks.Length; block++)
            for (var row = 0; row < width; row++)
                source.Slice((blocks[block] * width + row) * stride, cols).CopyTo(target[((block * width + row) * targetStride)..]);
    }

    /// <summary>Columns in blocks of <paramref name="width"/>, as a head of an output projection.</summary>
    public static void ColumnBlocks(ReadOnlySpan<float> source, int rows, int cols, int stride, int width, ReadOnlySpan<int> blocks, Span<float> target, int targetStride)
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
                throw new ArgumentException($"Index {block} asks for [{(long)block * width}, {(block + 1L) * width}) of {extent}; give indices from 0 to {extent / width - 1}.", nameof(blocks));
    }
}
