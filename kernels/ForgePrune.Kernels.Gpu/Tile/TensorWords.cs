using System.Runtime.CompilerServices;

namespace ForgePrune.Kernels.Gpu;

/// <summary>Float32 values as the words of 32 bits that tensor cores multiply: one tf32 number, or two of bf16.</summary>
/// <remarks>Written by bits: ILGPU has neither type, and conversions of PTX would pass through local memory. What is not finite stays so.</remarks>
internal static class TensorWords
{
    private const int Exponent = 0x7F800000, Fraction = 0x007FFFFF;

    /// <summary>Rounded to 10 bits behind the point, halves away from zero, as <c>cvt.rna.tf32.f32</c> does; the cores only cut off.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Tf32(float value)
    {
        var bits = BitConverter.SingleToInt32Bits(value);
        return (bits & Exponent) == Exponent ? bits : (bits + 0x1000) & ~0x1FFF;
    }

    /// <summary>Two numbers of 7 bits behind the point, the first in the low half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Bf16(float low, float high) => Bf16(low) | Bf16(high) << 16;

    /// <summary>Rounded to nearest, halves to even, in the low half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Bf16(float value)
    {
        var bits = BitConverter.SingleToInt32Bits(value);
        // Rounding could carry NaN over the edge; its uppermost bit keeps it NaN where the others are cut off.
        var rounded = (bits & Exponent) != Exponent ? bits + 0x7FFF + ((bits >> 16) & 1) : (bits & Fraction) != 0 ? bits | 0x00400000 : bits;
        return (rounded >> 16) & 0xFFFF;
    }
}
