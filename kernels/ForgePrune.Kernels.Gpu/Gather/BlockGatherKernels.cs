using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>Copies of chosen blocks; a group copies one row of the target, its lanes neighboring elements.</summary>
internal static class BlockGatherKernels
{
    /// <summary>One group for each row of target (blocks · width × cols): row r is row blocks[r / width] · width + r % width of source (… × cols).</summary>
    public static void RowBlocks(ArrayView<float> source, int cols, ArrayView<int> blocks, int width, ArrayView<float> target)
    {
        var row = Grid.IdxX;
        var from = ((long)blocks[row / width] * width + row % width) * cols;
        var to = (long)row * cols;
        for (var col = Group.IdxX; col < cols; col += Group.DimX)
            target[to + col] = source[from + col];
    }

    /// <summary>One group for each row of target (rows × targetCols): column c is column blocks[c / width] · width + c % width of source (rows ×
    /// cols).</summary>
    public static void ColumnBlocks(ArrayView<float> source, int cols, ArrayView<int> blocks, int width, ArrayView<float> target, int targetCols)
    {
        long from = (long)Grid.IdxX * cols, to = (long)Grid.IdxX * targetCols;
        for (var col = Group.IdxX; col < targetCols; col += Group.DimX)
            target[to + col] = source[from + (long)blocks[col / width] * width + col % width];
    }
}
