using System.Numerics;
using System.Runtime.CompilerServices;

namespace ForgePrune.Kernels;

/// <summary>Small products on memory that the caller has padded: nothing is packed and no edge is treated apart. For the tiles of attention, which are
/// in the cache already and too small to be worth <see cref="PackedProduct"/>.</summary>
internal static unsafe class TileProduct
{
    // 4 rows × 2 vectors: 8 sums answer two units of latency 4, from 6 loads.
    public const int Rows = 4;

    private const int Line = CacheLines.Bytes / sizeof(float);

    public static int Cols => 2 * Vector<float>.Count;

    /// <summary>Rows of a matrix that tiles of whole height may touch.</summary>
    public static int PaddedRows(int rows) => (rows + Rows - 1) / Rows * Rows;

    /// <summary>Elements from row to row that tiles of whole width may touch; an odd number of cache lines, see <see cref="LargeArray.Stride{T}"/>.</summary>
    public static int Stride(int cols)
    {
        var whole = (cols + Cols - 1) / Cols * Cols;
        return whole / Line % 2 == 0 ? whole + Line : whole;
    }

    /// <summary>C (rows × cols) = A · B, or C += A · B with <paramref name="add"/>. Rows and columns are rounded up to whole tiles: what lies in C beyond
    /// the given ones is overwritten. Each element is one sum along the depth, in order.</summary>
    /// <param name="aRow">Elements from row to row of A; 1 reads A transposed.</param>
    /// <param name="aCol">Elements from column to column of A.</param>
    public static void Run(float* a, nint aRow, nint aCol, float* b, nint bStride, float* c, nint cStride, int rows, int cols, int depth, bool add)
    {
        for (var row = 0; row < rows; row += Rows)
            for (var col = 0; col < cols; col += Cols)
                Tile(a + row * aRow, aRow, aCol, b + col, bStride, c + row * cStride + col, cStride, depth, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile(float* a, nint aRow, nint aCol, float* b, nint bStride, float* c, nint cStride, int depth, bool add)
    {
        Vector<float> l0 = default, h0 = default, l1 = default, h1 = default, l2 = default, h2 = default, l3 = default, h3 = default;
        float* a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
        for (var d = 0; d < depth; d++, a += aCol, a1 += aCol, a2 += aCol, a3 += aCol, b += bStride)
        {
            Vector<float> low = Vector.Load(b), high = Vector.Load(b + Vector<float>.Count);
            Step(*a, low, high, ref l0, ref h0);
            Step(*a1, low, high, ref l1, ref h1);
            Step(*a2, low, high, ref l2, ref h2);
            Step(*a3, low, high, ref l3, ref h3);
        }

        Store(c, l0, h0, add);
        Store(c + cStride, l1, h1, add);
        Store(c + 2 * cStride, l2, h2, add);
        Store(c + 3 * cStride, l3, h3, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(float a, Vector<float> low, Vector<float> high, ref Vector<float> l, ref Vector<float> h)
    {
        var factor = new Vector<float>(a);
        l = Vector.MultiplyAddEstimate(factor, low, l);
        h = Vector.MultiplyAddEstimate(factor, high, h);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* c, Vector<float> low, Vector<float> high, bool add)
    {
        (add ? Vector.Load(c) + low : low).Store(c);
        (add ? Vector.Load(c + Vector<float>.Count) + high : high).Store(c + Vector<float>.Count);
    }
}
