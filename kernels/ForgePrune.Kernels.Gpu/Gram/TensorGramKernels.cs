using ILGPU;
using ILGPU.Runtime.Cuda;

namespace ForgePrune.Kernels.Gpu;

/// <summary><see cref="GramKernels.Accumulate"/> with rounded activations on the tensor cores (<see cref="TensorTile"/>).</summary>
internal static class TensorGramKernels
{
    /// <summary>
    /// gram (cols × cols, float64) += XᵀX over tokens [first, first + count) for X (… × cols) rounded to tf32, tiles on and below the diagonal only. One group
    /// of
    /// 256 lanes for each, numbered along the rows of the lower half. X must begin at a multiple of 16 bytes.
    /// </summary>
    public static void AccumulateTf32(ArrayView<float> x, int first, int count, int cols, ArrayView<double> gram)
    {
        var slices = SharedMemory.Allocate<Input<int>>(TensorSlices.Length);
        var tileRow = LowerTiles.RowOf(Grid.IdxX);
        int firstRow = tileRow * FloatTile.Size, firstCol = (Grid.IdxX - tileRow * (tileRow + 1) / 2) * FloatTile.Size;
        var columns = DeviceOperand<float>.Columns(x, cols);
        var end = first + count;
        TensorTile.Clear();
        TensorSlices.Put(slices, TensorSlices.Left(0), TensorSlices.Tf32(columns, firstRow, cols, first, end));
        TensorSlices.Put(slices, TensorSlices.Right(0), TensorSlices.Tf32(columns, firstCol, cols, first, end));
        Group.Barrier();
        var buffer = 0;
        for (var from = first; from < end; from += TensorSlices.Words)
        {
            // The next slice is on its way while this one is used up.
            var nextLeft = TensorSlices.Tf32(columns, firstRow, cols, from + TensorSlices.Words, end);
            var nextRight = TensorSlices.Tf32(columns, firstCol, cols, from + TensorSlices.Words, end);
            TensorTile.AddTf32(slices, buffer);
            buffer = 1 - buffer;
            TensorSlices.Put(slices, TensorSlices.Left(buffer), nextLeft);
            TensorSlices.Put(slices, TensorSlices.Right(buffer), nextRight);
            Group.Barrier();
        }
        TensorTile.AddTo(gram, firstRow, firstCol, cols, slices.Cast<Output<float>>());
    }

    /// <summary>The same with X rounded to bf16.</summary>
    public static void AccumulateBf16(ArrayView<float> x, int first, int count, int cols, ArrayView<double> gram)
    {
        const int tokens = 2 * TensorSlices.Words;
        var slices = SharedMemory.Allocate<Input<int>>(TensorSlices.Length);
        var tileRow = LowerTiles.RowOf(Grid.IdxX);
        int firstRow = tileRow * FloatTile.Size, firstCol = (Grid.IdxX - tileRow * (tileRow + 1) / 2) * FloatTile.Size;
        var columns = DeviceOperand<float>.Columns(x, cols);
        var end = first + count;
        TensorTile.Clear();
        TensorSlices.Put(slices, TensorSlices.Left(0), TensorSlices.Bf16(columns, firstRow, cols, first, end));
        TensorSlices.Put(slices, TensorSlices.Right(0), TensorSlices.Bf16(columns, firstCol, cols, first, end));
        Group.Barrier();
        var buffer = 0;
        for (var from = first; from < end; from += tokens)
        {
            var nextLeft = TensorSlices.Bf16(columns, firstRow, cols, from + tokens, end);
            var nextRight = TensorSlices.Bf16(columns, firstCol, cols, from + tokens, end);
            TensorTile.AddBf16(slices, buffer);
            buffer = 1 - buffer;
            TensorSlices.Put(slices, TensorSlices.Left(buffer), nextLeft);
            TensorSlices.Put(slices, TensorSlices.Right(buffer), nextRight);
            Group.Barrier();
        }
        TensorTile.AddTo(gram, firstRow, firstCol, cols, slices.Cast<Output<float>>());
    }
}
