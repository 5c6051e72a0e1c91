using System.Numerics.Tensors;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Forward;

/// <summary>Weights of one block in its place's type of two bytes.</summary>
/// <param name="block">What it is called.</param>
internal sealed class NarrowWeights(BlockPlace place, string block)
{
    /// <summary>Values that one task converts, through a buffer that stays in a processor's cache.</summary>
    private const int Piece = 1 << 16;

    /// <summary>Weights that a checkpoint stores in this type go as they are.</summary>
    /// <exception cref="Errors.BadInputException">A value is beyond the type.</exception>
    public void Add(TensorSet set, string name, Matrix matrix) => set.AddNarrow(name, place.ElementType, Bits(name, matrix), matrix.Rows, matrix.Cols);

    /// <summary>The bits of a matrix in the type: its own array where it is stored so.</summary>
    /// <exception cref="Errors.BadInputException">A value is beyond the type.</exception>
    public ushort[] Bits(string name, Matrix matrix) => matrix.Narrow is not { } stored ? Bits(name, matrix.Values)
        : stored.IsBFloat16 == (place.ElementType == OnnxType.BFloat16) ? stored.Bits : Converted(name, stored);

    /// <inheritdoc cref="Add"/>
    public void AddIfThere(TensorSet set, string name, float[]? vector)
    {
        if (vector is not null)
            set.AddNarrow(name, place.ElementType, Bits(name, vector), vector.Length);
    }

    private ushort[] Bits(string name, float[] values) => InPieces(name, values.Length, (start, target) => Narrow(values.AsSpan(start, target.Length), target));

    /// <summary>From the other type of two bytes, a piece at a time.</summary>
    private ushort[] Converted(string name, NarrowValues stored) => InPieces(name, stored.Bits.Length, (start, target) =>
    {
        var wide = new float[target.Length];
        stored.Widen(start, wide);
        return Narrow(wide, target);
    });

    /// <returns>Whether the type holds all of them.</returns>
    private bool Narrow(ReadOnlySpan<float> values, Span<ushort> target)
    {
        NarrowFloats.Convert(values, target, place.ElementType);
        return Math.Abs(TensorPrimitives.MaxMagnitude(values)) <= (float)place.Largest;
    }

    private ushort[] InPieces(string name, int length, Piecewise convert)
    {
        var bits = GC.AllocateUninitializedArray<ushort>(length);
        var beyond = 0;
        Parallel.For(0, (length + Piece - 1) / Piece, piece =>
        {
            if (!convert(piece * Piece, bits.AsSpan(piece * Piece, Math.Min(Piece, length - (piece * Piece)))))
                Interlocked.Increment(ref beyond);
        });
        return beyond == 0 ? bits : throw BlockErrors.WeightBeyond(block, name, place);
    }

    private delegate bool Piecewise(int start, Span<ushort> target);
}
