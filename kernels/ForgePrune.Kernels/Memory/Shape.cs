using System.Runtime.CompilerServices;

namespace ForgePrune.Kernels;

/// <summary>The one check that a span really holds the row-major matrix it is said to hold.</summary>
internal static class Shape
{
    public static void Require<T>(ReadOnlySpan<T> span, int rows, int cols, int stride, [CallerArgumentExpression(nameof(span))] string name = "")
        where T : unmanaged =>
        Require(span.Length, rows, cols, stride, name);

    public static void Require<T>(ReadOnlyLongSpan<T> span, int rows, int cols, int stride, [CallerArgumentExpression(nameof(span))] string name = "")
        where T : unmanaged =>
        Require(span.Length, rows, cols, stride, name);

    private static void Require(long length, int rows, int cols, int stride, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(cols);
        if (stride < cols)
            throw new ArgumentException($"{name} has a stride of {stride}, below its {cols} columns; a stride counts the elements from one row to the next.",
                name);
        if (rows > 0 && cols > 0 && length < (rows - 1L) * stride + cols)
            throw new ArgumentException(
                $"{name} holds {length} elements, too few for {rows} x {cols} with stride {stride}; pass at least {(rows - 1L) * stride + cols}.", name);
    }
}
