using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>Streamed cross moments, formed in tiles of 128 × 128 by 256 lanes as Grams are (<see cref="GramKernels"/>): where Y is X, with the bits of the
/// Gram.</summary>
internal static class CrossKernels
{
    /// <summary>
    /// moment (rows × cols, float64) += YᵀX over tokens [first, first + count) for Y (… × rows) and X (… × cols). One group for each tile, tiles of a row
    /// first. Y and X must begin at multiples of 16 bytes.
    /// </summary>
    public static void Accumulate(ArrayView<float> y, int rows, ArrayView<float> x, int cols, int first, int count, ArrayView<double> moment)
    {
        var left = SharedMemory.Allocate<float>(FloatSlices.Length);
        var right = SharedMemory.Allocate<float>(FloatSlices.Length);
        var across = (cols + FloatTile.Size - 1) / FloatTile.Size;
        int firstRow = Grid.IdxX / across * FloatTile.Size, firstCol = Grid.IdxX % across * FloatTile.Size;
        DeviceOperand<float> targets = DeviceOperand<float>.Columns(y, rows), inputs = DeviceOperand<float>.Columns(x, cols);
        var end = first + count;
        FloatTile sums = default;
        FloatSlices.Put(targets, left, 0, FloatSlices.Fetch(targets, firstRow, rows, first, end));
        FloatSlices.Put(inputs, right, 0, FloatSlices.Fetch(inputs, firstCol, cols, first, end));
        Group.Barrier();
        var buffer = 0;
        for (var from = first; from < end; from += FloatTile.Slice)
        {
            // The next slice is on its way while this one is used up.
            var nextLeft = FloatSlices.Fetch(targets, firstRow, rows, from + FloatTile.Slice, end);
            var nextRight = FloatSlices.Fetch(inputs, firstCol, cols, from + FloatTile.Slice, end);
            FloatTile.AddSlice(ref sums, left, right, buffer);
            buffer = 1 - buffer;
            FloatSlices.Put(targets, left, buffer, nextLeft);
            FloatSlices.Put(inputs, right, buffer, nextRight);
            Group.Barrier();
        }
        int row = firstRow + FloatTile.LaneRow, col = firstCol + FloatTile.LaneCol;
        Add(moment, rows, row, col, cols, sums.R0);
        Add(moment, rows, row + 1, col, cols, sums.R1);
        Add(moment, rows, row + 2, col, cols, sums.R2);
        Add(moment, rows, row + 3, col, cols, sums.R3);
        Add(moment, rows, row + 64, col, cols, sums.R4);
        Add(moment, rows, row + 65, col, cols, sums.R5);
        Add(moment, rows, row + 66, col, cols, sums.R6);
        Add(moment, rows, row + 67, col, cols, sums.R7);
    }

    /// <summary>The same by one lane for each element.</summary>
    public static void AccumulatePlain(
        Index1D element, ArrayView<float> y, int rows, ArrayView<float> x, int cols, int first, int count, ArrayView<double> moment)
    {
        int row = element / cols, col = element % cols;
        var sum = 0f;
        for (var token = first; token < first + count; token++)
            sum += y[(long)token * rows + row] * x[(long)token * cols + col];
        moment[(long)row * cols + col] += sum;
    }

    private static void Add(ArrayView<double> moment, int rows, int row, int col, int cols, Sums8 sums)
    {
        if (row >= rows)
            return;
        var at = (long)row * cols + col;
        Add(moment, at, col < cols, sums.S0);
        Add(moment, at + 1, col + 1 < cols, sums.S1);
        Add(moment, at + 2, col + 2 < cols, sums.S2);
        Add(moment, at + 3, col + 3 < cols, sums.S3);
        Add(moment, at + 64, col + 64 < cols, sums.S4);
        Add(moment, at + 65, col + 65 < cols, sums.S5);
        Add(moment, at + 66, col + 66 < cols, sums.S6);
        Add(moment, at + 67, col + 67 < cols, sums.S7);
    }

    private static void Add(ArrayView<double> moment, long at, bool inside, float sum)
    {
        if (inside)
            moment[at] += sum;
    }
}
