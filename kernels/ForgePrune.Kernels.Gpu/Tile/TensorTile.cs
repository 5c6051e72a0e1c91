using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// A tile of 128 × 128 sums on the tensor cores: 2 × 4 warps form 64 × 32 each, in 4 × 4 pieces of 16 × 8 (PTX ISA, "Matrix Fragments for mma.m16n8k8" and
/// "mma.m16n8k16"). In words of 32 bits tf32 and bf16 lie alike: with g = lane / 4 and t = lane % 4 a lane holds (row, depth) = (g, t), (g + 8, t), (g, t + 4)
/// and
/// (g + 8, t + 4) of the left operand, (depth, column) = (t, g) and (t + 4, g) of the right one, and the sums (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t +
/// 1).
/// </summary>
internal static class TensorTile
{
    private const int WarpRows = 64, WarpCols = 32, PieceRows = 16, PieceCols = 8;

    // From a lane's first word of an operand to that of the second half of the depth, and from one of its sums in the scratch to the next.
    private const int Half = 4 * TensorSlices.Stride, Next = FloatTile.Lanes;

    /// <summary>Makes the sums, all zero. Once in a kernel, before all else of this type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Clear() => CudaAsm.Emit(TensorAssembly.Clear);

    /// <summary>Adds the products of a slice of tf32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTf32(ArrayView<Input<int>> slices, int buffer)
    {
        int a = TensorSlices.Left(buffer) + LeftAt, b = TensorSlices.Right(buffer) + RightAt;
        CudaAsm.EmitRef(
            TensorAssembly.AddTf32,
            ref slices[a], ref slices[a + 8], ref slices[a + Half], ref slices[a + 8 + Half],
            ref slices[a + 16], ref slices[a + 24], ref slices[a + 16 + Half], ref slices[a + 24 + Half],
            ref slices[a + 32], ref slices[a + 40], ref slices[a + 32 + Half], ref slices[a + 40 + Half],
            ref slices[a + 48], ref slices[a + 56], ref slices[a + 48 + Half], ref slices[a + 56 + Half],
            ref slices[b], ref slices[b + Half], ref slices[b + 8], ref slices[b + 8 + Half],
            ref slices[b + 16], ref slices[b + 16 + Half], ref slices[b + 24], ref slices[b + 24 + Half]);
    }

    /// <summary>Adds the products of a slice of bf16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddBf16(ArrayView<Input<int>> slices, int buffer)
    {
        int a = TensorSlices.Left(buffer) + LeftAt, b = TensorSlices.Right(buffer) + RightAt;
        CudaAsm.EmitRef(
            TensorAssembly.AddBf16,
            ref slices[a], ref slices[a + 8], ref slices[a + Half], ref slices[a + 8 + Half],
            ref slices[a + 16], ref slices[a + 24], ref slices[a + 16 + Half], ref slices[a + 24 + Half],
            ref slices[a + 32], ref slices[a + 40], ref slices[a + 32 + Half], ref slices[a + 40 + Half],
            ref slices[a + 48], ref slices[a + 56], ref slices[a + 48 + Half], ref slices[a + 56 + Half],
            ref slices[b], ref slices[b + Half], ref slices[b + 8], ref slices[b + 8 + Half],
            ref slices[b + 16], ref slices[b + 16 + Half], ref slices[b + 24], ref slices[b + 24 + Half]);
    }

    /// <summary>Adds the sums of this lane to gram, the tile beginning at (firstRow, firstCol). They are gone then.</summary>
    /// <param name="scratch">Shared memory of 16 elements for each lane, which nobody reads any more.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(ArrayView<double> gram, int firstRow, int firstCol, int cols, ArrayView<Output<float>> scratch)
    {
        int row = firstRow + WarpRow + Lane / 4, col = firstCol + WarpCol + Lane % 4 * 2;
        for (var piece = 0; piece < WarpRows; piece += PieceRows)
        {
            NextRow(scratch);
            for (var i = 0; i < WarpCols / 2; i++)
            {
                int r = row + piece + i / 2 % 2 * 8, c = col + i / 4 * PieceCols + i % 2;
                if (r < cols && c < cols)
                    gram[(long)r * cols + c] += scratch[i * Next + Group.IdxX].Value;
            }
        }
    }

    // Where a lane's first word of the first piece lies in a slice.
    private static int LeftAt => Lane % 4 * TensorSlices.Stride + WarpRow + Lane / 4;

    private static int RightAt => Lane % 4 * TensorSlices.Stride + WarpCol + Lane / 4;

    private static int WarpRow => Group.IdxX / 32 / 4 * WarpRows;

    private static int WarpCol => Group.IdxX / 32 % 4 * WarpCols;

    private static int Lane => Group.IdxX % 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void NextRow(ArrayView<Output<float>> scratch)
    {
        var s = Group.IdxX;
        CudaAsm.EmitRef(
            TensorAssembly.NextRow,
            ref scratch[s], ref scratch[s + 1 * Next], ref scratch[s + 2 * Next], ref scratch[s + 3 * Next],
            ref scratch[s + 4 * Next], ref scratch[s + 5 * Next], ref scratch[s + 6 * Next], ref scratch[s + 7 * Next],
            ref scratch[s + 8 * Next], ref scratch[s + 9 * Next], ref scratch[s + 10 * Next], ref scratch[s + 11 * Next],
            ref scratch[s + 12 * Next], ref scratch[s + 13 * Next], ref scratch[s + 14 * Next], ref scratch[s + 15 * Next]);
    }
}
