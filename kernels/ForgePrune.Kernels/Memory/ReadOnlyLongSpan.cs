using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ForgePrune.Kernels;

/// <summary>A <see cref="LongSpan{T}"/> that is only read.</summary>
/// <typeparam name="T">A number.</typeparam>
public readonly ref struct ReadOnlyLongSpan<T> where T : unmanaged
{
    private readonly LongSpan<T> span;

    private ReadOnlyLongSpan(LongSpan<T> span) => this.span = span;

    /// <summary>The number of elements.</summary>
    public long Length => span.Length;

    /// <summary>One element.</summary>
    /// <param name="index">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    public ref readonly T this[long index] => ref span[index];

    /// <summary>Everything from one element on.</summary>
    /// <param name="start">From 0 to the length.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer elements.</exception>
    public ReadOnlyLongSpan<T> Slice(long start) => new(span.Slice(start));

    /// <summary>Some elements in a row, such as those of a row of a matrix.</summary>
    /// <param name="start">The first of them.</param>
    /// <param name="length">How many there are: as many as a span can hold.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer elements, or a span holds no more than 2³¹ − 1.</exception>
    public ReadOnlySpan<T> Span(long start, long length) => span.Span(start, length);

    /// <summary>Writes all elements to the beginning of another span.</summary>
    /// <param name="target">At least as long.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is shorter.</exception>
    public void CopyTo(LongSpan<T> target) => span.CopyTo(target);

    /// <summary>The first element, by which <c>fixed</c> pins all of them; a null reference where there is none.</summary>
    public ref readonly T GetPinnableReference() => ref span.GetPinnableReference();

    /// <summary>The array's elements.</summary>
    /// <param name="array">The array.</param>
    public static implicit operator ReadOnlyLongSpan<T>(T[] array) => new(array);

    /// <summary>The span's elements.</summary>
    /// <param name="span">The span.</param>
    public static implicit operator ReadOnlyLongSpan<T>(Span<T> span) => new(span);

    /// <summary>The span's elements.</summary>
    /// <param name="span">The span.</param>
    public static implicit operator ReadOnlyLongSpan<T>(ReadOnlySpan<T> span) =>
        new(new LongSpan<T>(ref Unsafe.AsRef(in MemoryMarshal.GetReference(span)), span.Length));

    /// <summary>The span's elements, to be read.</summary>
    /// <param name="span">The span.</param>
    public static implicit operator ReadOnlyLongSpan<T>(LongSpan<T> span) => new(span);
}
