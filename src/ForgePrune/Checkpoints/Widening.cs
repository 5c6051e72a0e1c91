using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ForgePrune.Kernels;

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
                BrainFloat.ToSingle(new ReadOnlySpan<ushort>(source, target.Length), target);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "not a type that is read");
        }
    }
}
