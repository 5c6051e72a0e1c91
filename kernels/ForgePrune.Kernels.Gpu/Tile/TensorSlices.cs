using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// Slices of both operands (8 words of the depth × 128 columns each) in shared memory, as the tensor cores take them. A word is one token in tf32 and two in
/// bf16, tokens d and d + 8 of a slice of 16: which tokens meet in a word does not matter, as both operands agree.
/// </summary>
internal static class TensorSlices
{
    /// <summary>Words of a slice along the depth: those of one product of the tensor cores.</summary>
    public const int Words = 8;

    // Eight more than a tile: the 4 × 8 words that a warp reads at once then lie in 32 banks.
    public const int Stride = FloatTile.Size + 8;

    private const int Slice = Words * Stride;

    /// <summary>Two slices of each operand: one pair is filled while the other is used.</summary>
    public const int Length = 4 * Slice;

    /// <summary>Where the left operand's slice begins; <paramref name="buffer"/> is 0 or 1.</summary>
    public static int Left(int buffer) => buffer * 2 * Slice;

    /// <summary>Likewise for the right operand.</summary>
    public static int Right(int buffer) => Left(buffer) + Slice;

    /// <summary>This lane's four words of a slice of 8 tokens; outside X they are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Word4 Tf32(DeviceOperand<float> x, int firstCol, int cols, int from, int end)
    {
        var values = FloatSlices.Fetch(x, firstCol, cols, from, end);
        return new(TensorWords.Tf32(values.X), TensorWords.Tf32(values.Y), TensorWords.Tf32(values.Z), TensorWords.Tf32(values.W));
    }

    /// <summary>This lane's four words of a slice of 16 tokens; outside X they are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Word4 Bf16(DeviceOperand<float> x, int firstCol, int cols, int from, int end)
    {
        var low = FloatSlices.Fetch(x, firstCol, cols, from, end);
        var high = FloatSlices.Fetch(x, firstCol, cols, from + Words, end);
        return new(TensorWords.Bf16(low.X, high.X), TensorWords.Bf16(low.Y, high.Y), TensorWords.Bf16(low.Z, high.Z), TensorWords.Bf16(low.W, high.W));
    }

    /// <summary>Puts a lane's words into a slice that begins at <paramref name="start"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(ArrayView<Input<int>> slices, int start, Word4 words) =>
        slices.Cast<Word4>()[(start + FloatSlices.WideDepth * Stride + FloatSlices.WideLane) / 4] = words;
}
