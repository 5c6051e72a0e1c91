using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>The product in float32, formed in tiles of 128 × 128 by 256 lanes (<see cref="FloatTile"/>).</summary>
internal static class FloatProductKernels
{
    /// <summary>
    /// C (m × n) = alpha · A · B + beta · C; with beta 0 the old C is not read. One group for each tile, tiles of a row first. A and B must begin at
    /// multiples of 16 bytes, and one of each operand's steps must be 1.
    /// </summary>
    public static void Multiply(DeviceOperand<float> a, DeviceOperand<float> b, ArrayView<float> c, int cStride, int m, int n, int k, float alpha, float beta)
    {
        var left = SharedMemory.Allocate<float>(FloatSlices.Length);
        var right = SharedMemory.Allocate<float>(FloatSlices.Length);
        var across = (n + FloatTile.Size - 1) / FloatTile.Size;
        int firstRow = Grid.IdxX / across * FloatTile.Size, firstCol = Grid.IdxX % across * FloatTile.Size;
        FloatTile sums = default;
        FloatSlices.Put(a, left, 0, FloatSlices.Fetch(a, firstRow, m, 0, k));
        FloatSlices.Put(b, right, 0, FloatSlices.Fetch(b, firstCol, n, 0, k));
        Group.Barrier();
        var buffer = 0;
        for (var from = 0; from < k; from += FloatTile.Slice)
        {
            var nextLeft = FloatSlices.Fetch(a, firstRow, m, from + FloatTile.Slice, k);
            var nextRight = FloatSlices.Fetch(b, firstCol, n, from + FloatTile.Slice, k);
            FloatTile.AddSlice(ref sums, left, right, buffer);
            buffer = 1 - buffer;
            FloatSlices.Put(a, left, buffer, nextLeft);
            FloatSlices.Put(b, right, buffer, nextRight);
            Group.Barrier();
        }
        int row = firstRow + FloatTile.LaneRow, col = firstCol + FloatTile.LaneCol;
        Store(c, cStride, row, col, m, n, alpha, beta, sums.R0);
        Store(c, cStride, row + 1, col, m, n, alpha, beta, sums.R1);
        Store(c, cStride, row + 2, col, m, n, alpha, beta, sums.R2);
        Store(c, cStride, row + 3, col, m, n, alpha, beta, sums.R3);
        Store(c, cStride, row + 64, col, m, n, alpha, beta, sums.R4);
        Store(c, cStride, row + 65, col, m, n, alpha, beta, sums.R5);
        Store(c, cStride, row + 66, col, m, n, alpha, beta, sums.R6);
        Store(c, cStride, row + 67, col, m, n, alpha, beta, sums.R7);
    }

    private static void Store(ArrayView<float> c, int stride, int row, int col, int m, int n, float alpha, float beta, Sums8 sums)
    {
        if (row >= m)
            return;
        var at = (long)row * stride + col;
        StoreOne(c, at, col < n, alpha, beta, sums.S0);
        StoreOne(c, at + 1, col + 1 < n, alpha, beta, sums.S1);
        StoreOne(c, at + 2, col + 2 < n, alpha, beta, sums.S2);
        StoreOne(c, at + 3, col + 3 < n, alpha, beta, sums.S3);
        StoreOne(c, at + 64, col + 64 < n, alpha, beta, sums.S4);
        StoreOne(c, at + 65, col + 65 < n, alpha, beta, sums.S5);
        StoreOne(c, at + 66, col + 66 < n, alpha, beta, sums.S6);
        StoreOne(c, at + 67, col + 67 < n, alpha, beta, sums.S7);
    }

    private static void StoreOne(ArrayView<float> c, long at, bool inside, float alpha, float beta, float sum)
    {
        if (inside)
            c[at] = beta == 0 ? alpha * sum : alpha * sum + beta * c[at];
    }
}
