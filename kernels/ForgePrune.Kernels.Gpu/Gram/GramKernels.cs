using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// Streamed second moments. A group of side² lanes forms a tile of 8·side columns of X against as many, 8 × 8 elements a lane; slices of eight tokens pass
/// through shared memory, and the next one is fetched while this one is used up by other groups of the multiprocessor.
/// </summary>
internal static class GramKernels
{
    /// <summary>Elements of one lane in each direction.</summary>
    public const int PerLane = 8;

    /// <summary>Tokens of one launch: a float32 sum has at most so many terms before it is added in float64, as on the CPU.</summary>
    public const int Tokens = 256;

    // 16 × 16 lanes; two slices of 8 · 128 floats are 8 KiB.
    private const int LargestTile = 128, Slice = 8;

    /// <summary>
    /// gram (cols × cols, float64) += XᵀX over tokens [first, first + count) for X (… × cols), tiles on and below the diagonal only. One group for each,
    /// numbered along the rows of the lower half.
    /// </summary>
    public static void Accumulate(ArrayView<float> x, int first, int count, int cols, ArrayView<double> gram, int side)
    {
        var left = SharedMemory.Allocate<float>(Slice * LargestTile);
        var right = SharedMemory.Allocate<float>(Slice * LargestTile);
        var left4 = left.Cast<Float4>();
        var right4 = right.Cast<Float4>();
        var tile = PerLane * side;
        var tileRow = RowOf(Grid.IdxX);
        var tileCol = Grid.IdxX - tileRow * (tileRow + 1) / 2;
        int firstRow = tileRow * tile, firstCol = tileCol * tile;
        int laneRow = Group.IdxX / side * PerLane, laneCol = Group.IdxX % side * PerLane;
        Sums8 r0 = default, r1 = default, r2 = default, r3 = default, r4 = default, r5 = default, r6 = default, r7 = default;
        for (var from = 0; from < count; from += Slice)
        {
            for (var element = Group.IdxX; element < Slice * tile; element += Group.DimX)
            {
                int d = element / tile, lane = element % tile;
                var token = (long)(first + from + d) * cols;
                var inside = from + d < count;
                left[d * LargestTile + lane] = inside && firstRow + lane < cols ? x[token + firstRow + lane] : 0;
                right[d * LargestTile + lane] = inside && firstCol + lane < cols ? x[token + firstCol + lane] : 0;
            }
            Group.Barrier();
            for (var d = 0; d < Slice; d++)
            {
                int atLeft = (d * LargestTile + laneRow) / 4, atRight = (d * LargestTile + laneCol) / 4;
                Float4 b0 = right4[atRight], b1 = right4[atRight + 1], a0 = left4[atLeft], a1 = left4[atLeft + 1];
                Sums8.Add(ref r0, a0.X, b0, b1);
                Sums8.Add(ref r1, a0.Y, b0, b1);
                Sums8.Add(ref r2, a0.Z, b0, b1);
                Sums8.Add(ref r3, a0.W, b0, b1);
                Sums8.Add(ref r4, a1.X, b0, b1);
                Sums8.Add(ref r5, a1.Y, b0, b1);
                Sums8.Add(ref r6, a1.Z, b0, b1);
                Sums8.Add(ref r7, a1.W, b0, b1);
            }
            Group.Barrier();
        }
        int row = firstRow + laneRow, col = firstCol + laneCol;
        Store(gram, row, col, cols, r0);
        Store(gram, row + 1, col, cols, r1);
        Store(gram, row + 2, col, cols, r2);
        Store(gram, row + 3, col, cols, r3);
        Store(gram, row + 4, col, cols, r4);
        Store(gram, row + 5, col, cols, r5);
        Store(gram, row + 6, col, cols, r6);
        Store(gram, row + 7, col, cols, r7);
    }

    /// <summary>One lane for each element: the upper half becomes that of the lower one.</summary>
    public static void Mirror(Index1D element, ArrayView<double> gram, int cols)
    {
        int row = element / cols, col = element % cols;
        if (col > row)
            gram[(long)row * cols + col] = gram[(long)col * cols + row];
    }

    /// <summary>The row of the lower triangle in which number <paramref name="index"/> lies, rows holding 1, 2, 3 … numbers.</summary>
    private static int RowOf(int index)
    {
        var row = (int)((MathF.Sqrt(8f * index + 1) - 1) * 0.5f);
        // The root may be rounded to either side.
        if (row * (row + 1) / 2 > index)
            row--;
        if ((row + 1) * (row + 2) / 2 <= index)
            row++;
        return row;
    }

    private static void Store(ArrayView<double> gram, int row, int col, int cols, Sums8 sums)
    {
        if (row >= cols)
            return;
        var at = (long)row * cols + col;
        Add(gram, at, col < cols, sums.S0);
        Add(gram, at + 1, col + 1 < cols, sums.S1);
        Add(gram, at + 2, col + 2 < cols, sums.S2);
        Add(gram, at + 3, col + 3 < cols, sums.S3);
        Add(gram, at + 4, col + 4 < cols, sums.S4);
        Add(gram, at + 5, col + 5 < cols, sums.S5);
        Add(gram, at + 6, col + 6 < cols, sums.S6);
        Add(gram, at + 7, col + 7 < cols, sums.S7);
    }

    private static void Add(ArrayView<double> gram, long at, bool inside, float sum)
    {
        if (inside)
            gram[at] += sum;
    }
}
