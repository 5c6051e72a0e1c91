using System.Numerics;

namespace ForgePrune.Checkpoints;

/// <summary>Finds NaN and infinity in stored elements without widening them: in all three types they are the numbers whose exponent bits are all
/// one.</summary>
internal static unsafe class FiniteScan
{
    private const long Piece = 1 << 20;

    /// <summary>Index of the first element that is not finite; −1 if all are.</summary>
    public static long FirstNotFinite(byte* source, TensorType type, long count)
    {
        int size = type.Bytes();
        long pieces = (count + Piece - 1) / Piece;
        if (pieces <= 1)
            return InPiece(source, type, (int)count);
        long first = long.MaxValue;
        Parallel.For(0, pieces, (i, state) =>
        {
            long start = i * Piece;
            int found = InPiece(source + (start * size), type, (int)Math.Min(Piece, count - start));
            if (found < 0)
                return;
            // Every piece before the lowest one broken is still scanned, so the answer does not depend on timing.
            state.Break();
            long index = start + found, seen = Volatile.Read(ref first);
            while (index < seen)
                seen = Interlocked.CompareExchange(ref first, index, seen) is var now && now == seen ? index : now;
        });
        return first == long.MaxValue ? -1 : first;
    }

    private static int InPiece(byte* source, TensorType type, int count) => type switch
    {
        TensorType.F32 => First(new ReadOnlySpan<uint>(source, count), 0x7F80_0000u),
        TensorType.F16 => First(new ReadOnlySpan<ushort>(source, count), (ushort)0x7C00),
        TensorType.BF16 => First(new ReadOnlySpan<ushort>(source, count), (ushort)0x7F80),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not a type that is read"),
    };

    private static int First<T>(ReadOnlySpan<T> values, T exponent)
        where T : unmanaged, IBinaryInteger<T>
    {
        var mask = new Vector<T>(exponent);
        int i = 0;
        while (i <= values.Length - Vector<T>.Count && !Vector.EqualsAny(new Vector<T>(values[i..]) & mask, mask))
            i += Vector<T>.Count;
        for (; i < values.Length; i++)
            if ((values[i] & exponent) == exponent)
                return i;
        return -1;
    }
}
