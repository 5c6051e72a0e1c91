using System.Runtime.CompilerServices;
using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// A lane's 64 sums of a tile of 128 × 128 elements that 16 × 16 lanes form together. Its rows are 4·y … 4·y + 3 and the same 64 further down, its columns
/// likewise: neighboring lanes then read neighboring 16 bytes of shared memory, where 8 elements in a row would meet in the same banks.
/// </summary>
internal struct FloatTile
{
    /// <summary>Rows and columns of a tile.</summary>
    public const int Size = 128;

    /// <summary>Lanes of a group.</summary>
    public const int Lanes = 256;

    /// <summary>Depth of the slices that pass through shared memory: each lane brings 16 bytes of each operand.</summary>
    public const int Slice = 8;

    // Float4 of a row of a slice, and of half a row.
    private const int Quads = Size / 4, Half = Quads / 2;

    public Sums8 R0, R1, R2, R3, R4, R5, R6, R7;

    /// <summary>Row of the tile in which this lane's row 0 lies; row i is 0 … 3 further down, or 64 … 67.</summary>
    public static int LaneRow => Group.IdxX / 16 * 4;

    /// <summary>Likewise for columns.</summary>
    public static int LaneCol => Group.IdxX % 16 * 4;

    /// <summary>Adds the products of one slice; <paramref name="buffer"/> 0 or 1 says which half of the shared memory holds it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddSlice(ref FloatTile sums, ArrayView<float> left, ArrayView<float> right, int buffer)
    {
        // Eight steps written out: ILGPU unrolls nothing, and the driver's compiler only what it can see whole.
        ArrayView<Float4> a = left.Cast<Float4>(), b = right.Cast<Float4>();
        int atA = buffer * Slice * Quads + LaneRow / 4, atB = buffer * Slice * Quads + LaneCol / 4;
        Step(ref sums, a, b, atA, atB);
        Step(ref sums, a, b, atA + Quads, atB + Quads);
        Step(ref sums, a, b, atA + 2 * Quads, atB + 2 * Quads);
        Step(ref sums, a, b, atA + 3 * Quads, atB + 3 * Quads);
        Step(ref sums, a, b, atA + 4 * Quads, atB + 4 * Quads);
        Step(ref sums, a, b, atA + 5 * Quads, atB + 5 * Quads);
        Step(ref sums, a, b, atA + 6 * Quads, atB + 6 * Quads);
        Step(ref sums, a, b, atA + 7 * Quads, atB + 7 * Quads);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(ref FloatTile sums, ArrayView<Float4> a, ArrayView<Float4> b, int atA, int atB)
    {
        Float4 a0 = a[atA], a1 = a[atA + Half], b0 = b[atB], b1 = b[atB + Half];
        Sums8.Add(ref sums.R0, a0.X, b0, b1);
        Sums8.Add(ref sums.R1, a0.Y, b0, b1);
        Sums8.Add(ref sums.R2, a0.Z, b0, b1);
        Sums8.Add(ref sums.R3, a0.W, b0, b1);
        Sums8.Add(ref sums.R4, a1.X, b0, b1);
        Sums8.Add(ref sums.R5, a1.Y, b0, b1);
        Sums8.Add(ref sums.R6, a1.Z, b0, b1);
        Sums8.Add(ref sums.R7, a1.W, b0, b1);
    }
}
