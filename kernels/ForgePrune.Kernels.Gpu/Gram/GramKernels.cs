using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>Streamed second moments, formed in tiles of 128 × 128 by 256 lanes (<see cref="FloatTile"/>).</summary>
internal static class GramKernels
{
    /// <summary>Tokens of one launch: a float32 sum has at most so many terms before it is added in float64, as on the CPU.</summary>
    public const int Tokens = 256;

    /// <summary>Rows and columns of a tile that is mirrored.</summary>
    public const int MirrorTile = 64;

    // One more than a tile, so that a column does not lie in one bank; 33 KiB of shared memory.
    private const int MirrorStride = MirrorTile + 1;

    /// <summary>
    /// gram (cols × cols, float64) += XᵀX over tokens [first, first + count) for X (… × cols), tiles on and below the diagonal only. One group for each,
    /// numbered along the rows of the lower half. X must begin at a multiple of 16 bytes.
    /// </summary>
    public static void Accumulate(ArrayView<float> x, int first, int count, int cols, ArrayView<double> gram)
    {
        var left = SharedMemory.Allocate<float>(FloatSlices.Length);
        var right = SharedMemory.Allocate<float>(FloatSlices.Length);
        var tileRow = LowerTiles.RowOf(Grid.IdxX);
        int firstRow = tileRow * FloatTile.Size, firstCol = (Grid.IdxX - tileRow * (tileRow + 1) / 2) * FloatTile.Size;
        var columns = DeviceOperand<float>.Columns(x, cols);
        var end = first + count;
        FloatTile sums = default;
        FloatSlices.Put(columns, left, 0, FloatSlices.Fetch(columns, firstRow, cols, first, end));
        FloatSlices.Put(columns, right, 0, FloatSlices.Fetch(columns, firstCol, cols, first, end));
        Group.Barrier();
        var buffer = 0;
        for (var from = first; from < end; from += FloatTile.Slice)
        {
            // The next slice is on its way while this one is used up.
            var nextLeft = FloatSlices.Fetch(columns, firstRow, cols, from + FloatTile.Slice, end);
            var nextRight = FloatSlices.Fetch(columns, firstCol, cols, from + FloatTile.Slice, end);
            FloatTile.AddSlice(ref sums, left, right, buffer);
            buffer = 1 - buffer;
            FloatSlices.Put(columns, left, buffer, nextLeft);
            FloatSlices.Put(columns, right, buffer, nextRight);
            Group.Barrier();
        }
        int row = firstRow + FloatTile.LaneRow, col = firstCol + FloatTile.LaneCol;
        Add(gram, row, col, cols, sums.R0);
        Add(gram, row + 1, col, cols, sums.R1);
        Add(gram, row + 2, col, cols, sums.R2);
        Add(gram, row + 3, col, cols, sums.R3);
        Add(gram, row + 64, col, cols, sums.R4);
        Add(gram, row + 65, col, cols, sums.R5);
        Add(gram, row + 66, col, cols, sums.R6);
        Add(gram, row + 67, col, cols, sums.R7);
    }

    /// <summary>The same by one lane for each element, those above the diagonal being idle.</summary>
    public static void AccumulatePlain(Index1D element, ArrayView<float> x, int first, int count, int cols, ArrayView<double> gram)
    {
        int row = element / cols, col = element % cols;
        if (col > row)
            return;
        var sum = 0f;
        for (var token = first; token < first + count; token++)
            sum += x[(long)token * cols + row] * x[(long)token * cols + col];
        gram[(long)row * cols + col] += sum;
    }

    /// <summary>
    /// The upper half of gram becomes that of the lower one. One group for each tile of 64 × 64 on and below the diagonal, numbered as above; a tile passes
    /// through shared memory, so that neighboring lanes read and write neighboring elements.
    /// </summary>
    public static void Mirror(ArrayView<double> gram, int cols)
    {
        var tile = SharedMemory.Allocate<double>(MirrorTile * MirrorStride);
        var tileRow = LowerTiles.RowOf(Grid.IdxX);
        int firstRow = tileRow * MirrorTile, firstCol = (Grid.IdxX - tileRow * (tileRow + 1) / 2) * MirrorTile;
        for (var element = Group.IdxX; element < MirrorTile * MirrorTile; element += Group.DimX)
        {
            int row = element / MirrorTile, col = element % MirrorTile;
            if (firstRow + row < cols && firstCol + col < cols)
                tile[row * MirrorStride + col] = gram[(long)(firstRow + row) * cols + firstCol + col];
        }
        Group.Barrier();
        for (var element = Group.IdxX; element < MirrorTile * MirrorTile; element += Group.DimX)
        {
            int col = element / MirrorTile, row = element % MirrorTile;
            if (firstRow + row < cols && firstRow + row > firstCol + col)
                gram[(long)(firstCol + col) * cols + firstRow + row] = tile[row * MirrorStride + col];
        }
    }

    private static void Add(ArrayView<double> gram, int row, int col, int cols, Sums8 sums)
    {
        if (row >= cols)
            return;
        var at = (long)row * cols + col;
        Add(gram, at, col < cols, sums.S0);
        Add(gram, at + 1, col + 1 < cols, sums.S1);
        Add(gram, at + 2, col + 2 < cols, sums.S2);
        Add(gram, at + 3, col + 3 < cols, sums.S3);
        Add(gram, at + 64, col + 64 < cols, sums.S4);
        Add(gram, at + 65, col + 65 < cols, sums.S5);
        Add(gram, at + 66, col + 66 < cols, sums.S6);
        Add(gram, at + 67, col + 67 < cols, sums.S7);
    }

    private static void Add(ArrayView<double> gram, long at, bool inside, float sum)
    {
        if (inside)
            gram[at] += sum;
    }
}
