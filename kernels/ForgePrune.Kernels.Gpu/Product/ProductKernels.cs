using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// A tiled product in float64. A group of side² lanes forms a tile of 4·side rows and columns, 4 × 4 elements a lane; slices of both operands pass
/// through shared memory. Each element is summed along the depth by one lane in order: the result is the same on every run.
/// </summary>
internal static class ProductKernels
{
    /// <summary>Elements of one lane in each direction.</summary>
    public const int PerLane = 4;

    // The largest tile (16 × 16 lanes) and the slice of the depth: 2 · 16 · 64 doubles are 16 KiB of the 48 KiB a group may have.
    private const int LargestTile = 64, Slice = 16;

    /// <summary>C (m × n) = alpha · A · B + beta · C; with beta 0 the old C is not read. One group for each tile, tiles of a row first.</summary>
    public static void Multiply(DeviceOperand<double> a, DeviceOperand<double> b, ArrayView<double> c, int cStride, int m, int n, int k,
        double alpha, double beta, int side)
    {
        var sliceA = SharedMemory.Allocate<double>(Slice * LargestTile);
        var sliceB = SharedMemory.Allocate<double>(Slice * LargestTile);
        var tile = PerLane * side;
        var across = (n + tile - 1) / tile;
        int firstRow = Grid.IdxX / across * tile, firstCol = Grid.IdxX % across * tile;
        int laneRow = Group.IdxX / side * PerLane, laneCol = Group.IdxX % side * PerLane;
        double c00 = 0, c01 = 0, c02 = 0, c03 = 0, c10 = 0, c11 = 0, c12 = 0, c13 = 0;
        double c20 = 0, c21 = 0, c22 = 0, c23 = 0, c30 = 0, c31 = 0, c32 = 0, c33 = 0;
        for (var from = 0; from < k; from += Slice)
        {
            Load(a, sliceA, firstRow, m, from, k, tile);
            Load(b, sliceB, firstCol, n, from, k, tile);
            Group.Barrier();
            for (var d = 0; d < Slice; d++)
            {
                int atA = d * LargestTile + laneRow, atB = d * LargestTile + laneCol;
                double b0 = sliceB[atB], b1 = sliceB[atB + 1], b2 = sliceB[atB + 2], b3 = sliceB[atB + 3];
                var x = sliceA[atA];
                c00 += x * b0; c01 += x * b1; c02 += x * b2; c03 += x * b3;
                x = sliceA[atA + 1];
                c10 += x * b0; c11 += x * b1; c12 += x * b2; c13 += x * b3;
                x = sliceA[atA + 2];
                c20 += x * b0; c21 += x * b1; c22 += x * b2; c23 += x * b3;
                x = sliceA[atA + 3];
                c30 += x * b0; c31 += x * b1; c32 += x * b2; c33 += x * b3;
            }
            Group.Barrier();
        }
        int row = firstRow + laneRow, col = firstCol + laneCol;
        Store(c, cStride, row, col, m, n, alpha, beta, c00, c01, c02, c03);
        Store(c, cStride, row + 1, col, m, n, alpha, beta, c10, c11, c12, c13);
        Store(c, cStride, row + 2, col, m, n, alpha, beta, c20, c21, c22, c23);
        Store(c, cStride, row + 3, col, m, n, alpha, beta, c30, c31, c32, c33);
    }

    private static void Load(DeviceOperand<double> source, ArrayView<double> slice, int first, int lanes, int from, int k, int tile)
    {
        for (var element = Group.IdxX; element < Slice * tile; element += Group.DimX)
        {
            // Neighboring lanes read neighboring addresses, whichever way the operand lies.
            var alongDepth = source.DepthStep == 1;
            var d = alongDepth ? element % Slice : element / tile;
            var lane = alongDepth ? element / Slice : element % tile;
            var inside = first + lane < lanes && from + d < k;
            slice[d * LargestTile + lane] = inside ? source.At(first + lane, from + d) : 0;
        }
    }

    private static void Store(ArrayView<double> c, int stride, int row, int col, int m, int n, double alpha, double beta, double c0, double c1, double c2,
        double c3)
    {
        if (row >= m)
            return;
        var at = (long)row * stride + col;
        StoreOne(c, at, col < n, alpha, beta, c0);
        StoreOne(c, at + 1, col + 1 < n, alpha, beta, c1);
        StoreOne(c, at + 2, col + 2 < n, alpha, beta, c2);
        StoreOne(c, at + 3, col + 3 < n, alpha, beta, c3);
    }

    private static void StoreOne(ArrayView<double> c, long at, bool inside, double alpha, double beta, double sum)
    {
        if (inside)
            c[at] = beta == 0 ? alpha * sum : alpha * sum + beta * c[at];
    }
}
