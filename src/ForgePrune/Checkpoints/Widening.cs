using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace ForgePrune.Checkpoints;

/// <summary>Turns stored elements into float32. f16 and bf16 are subsets of float32, so nothing is rounded.</summary>
internal static unsafe class Widening
{
    /// <summary>Elements per parallel piece: large enough that a piece costs far more than its start.</summary>
    private const int Piece = 1 << 18;

    /// <param name="source">target.Length elements of <paramref name="type"/>, at any alignment.</param>
    public static void ToSingle(byte* source, TensorType type, float[] target)
    {
        int size = type.Bytes();
        int pieces = (int)((target.LongLength + Piece - 1) / Piece);
        if (pieces <= 1)
            Convert(source, type, target);
        else
            Parallel.For(0, pieces, i =>
            {
                int start = i * Piece;
                Convert(source + ((long)start * size), type, target.AsSpan(start, Math.Min(Piece, target.Length - start)));
            });
    }

    private static void Convert(byte* source, TensorType type, Span<float> target)
    {
        switch (type)
        {
            case TensorType.F32:
                new ReadOnlySpan<byte>(source, target.Length * sizeof(float)).CopyTo(MemoryMarshal.AsBytes(target));
                break;
            case TensorType.F16:
                TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>(source, target.Length), target);
                break;
            case TensorType.BF16:
                FromBrainFloat(new ReadOnlySpan<ushort>(source, target.Length), MemoryMarshal.Cast<float, uint>(target));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "not a type that is read");
        }
    }

    /// <summary>A bf16 is the upper half of a float32.</summary>
    private static void FromBrainFloat(ReadOnlySpan<ushort> source, Span<uint> target)
    {
        int i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out Vector<uint> low, out Vector<uint> high);
            (low << 16).CopyTo(target[i..]);
            (high << 16).CopyTo(target[(i + Vector<uint>.Count)..]);
        }

        for (; i < source.Length; i++)
            target[i] = (uint)source[i] << 16;
    }
}
