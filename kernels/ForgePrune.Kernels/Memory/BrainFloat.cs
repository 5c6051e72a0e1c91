using System.Numerics;
using System.Runtime.InteropServices;

namespace ForgePrune.Kernels;

/// <summary>bf16, the upper half of a float32, held in 16-bit integers.</summary>
internal static class BrainFloat
{
    /// <summary>Widens as many values as <paramref name="source"/> holds; nothing is rounded.</summary>
    public static void ToSingle(ReadOnlySpan<ushort> source, Span<float> target)
    {
        var bits = MemoryMarshal.Cast<float, uint>(target);
        var i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out var low, out var high);
            (low << 16).CopyTo(bits[i..]);
            (high << 16).CopyTo(bits[(i + Vector<uint>.Count)..]);
        }
        for (; i < source.Length; i++)
            bits[i] = (uint)source[i] << 16;
    }
}
