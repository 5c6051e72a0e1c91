using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ForgePrune.Kernels;

namespace ForgePrune.Model;

/// <summary>Values of two bytes each, as a checkpoint stores them.</summary>
/// <param name="IsBFloat16">Whether they are bfloat16; else float16.</param>
/// <param name="Bits">Of every value.</param>
internal sealed record NarrowValues(bool IsBFloat16, ushort[] Bits)
{
    /// <summary>Values that one task widens: far more work than its start.</summary>
    private const int Piece = 1 << 18;

    /// <summary>All of them in float32, of which both types are subsets.</summary>
    public float[] Widened()
    {
        var wide = LargeArray.Uninitialized<float>(Bits.Length);
        Parallel.For(0, (Bits.Length + Piece - 1) / Piece, piece =>
        {
            var target = wide.AsSpan(piece * Piece, Math.Min(Piece, wide.Length - (piece * Piece)));
            Widen(piece * Piece, target);
        });
        return wide;
    }

    /// <summary>Some of them.</summary>
    /// <param name="start">The first.</param>
    public void Widen(int start, Span<float> target)
    {
        var source = Bits.AsSpan(start, target.Length);
        if (IsBFloat16)
            BrainFloat.ToSingle(source, target);
        else
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<ushort, Half>(source), target);
    }
}
