using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ForgePrune.Kernels;

/// <summary>A span whose elements are counted in 64 bits. Arrays and spans pass for one.</summary>
/// <typeparam name="T">A number.</typeparam>
public readonly ref struct LongSpan<T> where T : unmanaged
{
    // Elements that are worked on as one span.
    private const long Most = 1 << 30;

    private readonly ref T first;

    internal LongSpan(ref T first, long length)
    {
        this.first = ref first;
        Length = length;
    }

    /// <summary>Elements at a fixed address.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="length">How many there are.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    public unsafe LongSpan(T* first, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        this.first = ref Unsafe.AsRef<T>(first);
        Length = length;
    }

    /// <summary>The number of elements.</summary>
    public long Length { get; }

    /// <summary>One element.</summary>
    /// <param name="index">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    public ref T this[long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)index, (ulong)Length, nameof(index));
            return ref Unsafe.Add(ref first, (nint)index);
        }
    }

    /// <summary>Everything from one element on.</summary>
    /// <param name="start">From 0 to the length.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer elements.</exception>
    public LongSpan<T> Slice(long start)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)start, (ulong)Length, nameof(start));
        return new(ref Unsafe.Add(ref first, (nint)start), Length - start);
    }

    /// <summary>Some elements in a row, such as those of a row of a matrix.</summary>
    /// <param name="start">The first of them.</param>
    /// <param name="length">How many there are: as many as a span can hold.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer elements, or a span holds no more than 2³¹ − 1.</exception>
    public Span<T> Span(long start, long length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)start, (ulong)Length, nameof(start));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)length, (ulong)Math.Min(int.MaxValue, Length - start), nameof(length));
        return MemoryMarshal.CreateSpan(ref Unsafe.Add(ref first, (nint)start), (int)length);
    }

    /// <summary>Sets all elements to zero.</summary>
    public void Clear()
    {
        for (long start = 0; start < Length; start += Most)
            Span(start, Math.Min(Most, Length - start)).Clear();
    }

    /// <summary>Writes all elements to the beginning of another span.</summary>
    /// <param name="target">At least as long.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is shorter.</exception>
    public void CopyTo(LongSpan<T> target)
    {
        for (long start = 0; start < Length; start += Most)
        {
            var count = Math.Min(Most, Length - start);
            Span(start, count).CopyTo(target.Span(start, count));
        }
    }

    /// <summary>A copy of all elements.</summary>
    public LongArray<T> ToArray()
    {
        var copy = LargeArray.UninitializedLong<T>(Length);
        CopyTo(copy);
        return copy;
    }

    /// <summary>The first element, by which <c>fixed</c> pins all of them; a null reference where there is none.</summary>
    public ref T GetPinnableReference() => ref Length == 0 ? ref Unsafe.NullRef<T>() : ref first;

    /// <summary>The array's elements.</summary>
    /// <param name="array">The array.</param>
    public static implicit operator LongSpan<T>(T[] array) => new Span<T>(array);

    /// <summary>The span's elements.</summary>
    /// <param name="span">The span.</param>
    public static implicit operator LongSpan<T>(Span<T> span) => new(ref MemoryMarshal.GetReference(span), span.Length);
}
