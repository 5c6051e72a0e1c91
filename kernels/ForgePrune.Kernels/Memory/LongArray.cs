using System.Collections;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ForgePrune.Kernels;

/// <summary>An array whose elements are counted in 64 bits: a square matrix of more than 46,340 columns has more of them than an array of .NET.</summary>
/// <remarks>What fits into an array is one. What does not lies in an array of cache lines, of which .NET allows 2³¹.</remarks>
/// <typeparam name="T">A number of 1, 2, 4, or 8 bytes.</typeparam>
public sealed class LongArray<T> : IEnumerable<T> where T : unmanaged
{
    private readonly T[]? array;
    private readonly Line[]? lines;

    /// <summary>Elements in an array, which is kept and not copied.</summary>
    /// <param name="array">The elements.</param>
    public LongArray(T[] array) => (this.array, Length) = (array, array.Length);

    private LongArray(Line[] lines, long length) => (this.lines, Length) = (lines, length);

    /// <summary>The number of elements.</summary>
    public long Length { get; }

    /// <summary>One element.</summary>
    /// <param name="index">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    public ref T this[long index] => ref AsLongSpan()[index];

    /// <summary>All elements.</summary>
    public LongSpan<T> AsLongSpan() => new(ref GetPinnableReference(), Length);

    /// <summary>All elements as a span.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They are more than a span can hold.</exception>
    public Span<T> AsSpan() => AsLongSpan().Span(0, Length);

    /// <summary>The first element, by which <c>fixed</c> pins all of them; a null reference where there is none.</summary>
    public ref T GetPinnableReference()
    {
        if (Length == 0)
            return ref Unsafe.NullRef<T>();
        if (array is not null)
            return ref MemoryMarshal.GetArrayDataReference(array);
        return ref Unsafe.As<Line, T>(ref MemoryMarshal.GetArrayDataReference(lines!));
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        for (long i = 0; i < Length; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The array's elements; it is kept, not copied.</summary>
    /// <param name="array">The elements.</param>
    public static implicit operator LongArray<T>(T[] array) => new(array);

    /// <summary>All elements.</summary>
    /// <param name="array">The array.</param>
    public static implicit operator LongSpan<T>(LongArray<T> array) => array.AsLongSpan();

    /// <summary>All elements, to be read.</summary>
    /// <param name="array">The array.</param>
    public static implicit operator ReadOnlyLongSpan<T>(LongArray<T> array) => array.AsLongSpan();

    /// <summary>Undefined elements, in whole cache lines even where an array would do.</summary>
    internal static LongArray<T> OfLines(long length)
    {
        var inLine = Unsafe.SizeOf<Line>() / Unsafe.SizeOf<T>();
        var lines = GC.AllocateUninitializedArray<Line>(checked((int)((length + inLine - 1) / inLine)));
        LargeArray.Advise(lines);
        return new(lines, length);
    }

    /// <summary>64 bytes.</summary>
    [InlineArray(8)]
    private struct Line
    {
        private long first;
    }
}
