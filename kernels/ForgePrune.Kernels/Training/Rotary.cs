using System.Numerics;

namespace ForgePrune.Kernels;

/// <summary>Rotary position embedding in place, half-split: element i of a head turns with element i + headDim/2 (Su and others 2021).</summary>
public static unsafe class Rotary
{
    /// <summary>Turns every pair (a, b) of a head: (a, b) → (a·cos − b·sin, b·cos + a·sin).</summary>
    /// <param name="x">X, rows × heads·headDim, row-major without gaps; row r stands at position r % tokens. Changed.</param>
    /// <param name="rows">Rows of X.</param>
    /// <param name="tokens">Positions of a window, at least 1.</param>
    /// <param name="heads">Heads of a row.</param>
    /// <param name="headDim">Elements of a head (head_dim), an even number.</param>
    /// <param name="cos">Cosines, at least min(rows, tokens) × headDim/2, row-major without gaps.</param>
    /// <param name="sin">Sines, of the same shape.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">The head is not even, or a span is too short for its shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no position, or an extent or the number of threads is negative.</exception>
    public static void Forward(Span<float> x, int rows, int tokens, int heads, int headDim, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin, int threads) =>
        Forward(x, rows, tokens, heads, headDim, headDim, cos, sin, threads);

    /// <summary>Turns the first <paramref name="turned"/> elements of every head and leaves the others (partial rotary).</summary>
    /// <param name="turned">The elements of a head that turn, an even number: element i with element i + turned/2.</param>
    /// <param name="cos">Cosines, at least min(rows, tokens) × turned/2, row-major without gaps.</param>
    /// <inheritdoc cref="Forward(Span{float}, int, int, int, int, ReadOnlySpan{float}, ReadOnlySpan{float}, int)"/>
    public static void Forward(
        Span<float> x, int rows, int tokens, int heads, int headDim, int turned, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin, int threads) =>
        Checked(x, rows, tokens, heads, headDim, turned, cos, sin, 1, threads);

    /// <summary>Turns gradients: a rotation's transpose is the rotation back.</summary>
    /// <inheritdoc cref="Forward(Span{float}, int, int, int, int, ReadOnlySpan{float}, ReadOnlySpan{float}, int)"/>
    public static void Backward(Span<float> x, int rows, int tokens, int heads, int headDim, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin, int threads) =>
        Backward(x, rows, tokens, heads, headDim, headDim, cos, sin, threads);

    /// <summary>Turns the gradients of the first <paramref name="turned"/> elements of every head.</summary>
    /// <inheritdoc cref="Forward(Span{float}, int, int, int, int, int, ReadOnlySpan{float}, ReadOnlySpan{float}, int)"/>
    public static void Backward(
        Span<float> x, int rows, int tokens, int heads, int headDim, int turned, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin, int threads) =>
        Checked(x, rows, tokens, heads, headDim, turned, cos, sin, -1, threads);

    private static void Checked(Span<float> x, int rows, int tokens, int heads, int headDim, int turned, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin,
        float way, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(tokens);
        if (turned % 2 != 0)
            throw new ArgumentException($"A head of {turned} elements does not fall into halves; give an even width.", nameof(headDim));
        if (turned < 0 || turned > headDim)
            throw new ArgumentException($"A head of {headDim} elements has no {turned} that turn; give no more than it has.", nameof(turned));
        Shape.Require<float>(x, rows, heads * headDim, heads * headDim);
        Shape.Require(cos, Math.Min(rows, tokens), turned / 2, turned / 2);
        Shape.Require(sin, Math.Min(rows, tokens), turned / 2, turned / 2);
        fixed (float* px = x, pc = cos, ps = sin)
            Turn(px, rows, tokens, heads, headDim, turned / 2, pc, ps, way, threads);
    }

    private static void Turn(float* x, int rows, int tokens, int heads, int headDim, int half, float* cos, float* sin, float way, int threads) =>
        RowBlocks.For(rows, threads, (first, count) =>
        {
            for (var row = first; row < first + count; row++)
                for (var head = 0; head < heads; head++)
                {
                    var a = x + ((nint)row * heads + head) * headDim;
                    var at = (nint)(row % tokens) * half;
                    Turn(new(a, half), new(a + half, half), new(cos + at, half), new(sin + at, half), way);
                }
        });

    private static void Turn(Span<float> a, Span<float> b, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin, float way)
    {
        var i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> va = new(a[i..]), vb = new(b[i..]), c = new(cos[i..]), s = new Vector<float>(sin[i..]) * way;
            (va * c - vb * s).CopyTo(a[i..]);
            (vb * c + va * s).CopyTo(b[i..]);
        }

        for (; i < a.Length; i++)
            (a[i], b[i]) = (a[i] * cos[i] - b[i] * way * sin[i], b[i] * cos[i] + a[i] * way * sin[i]);
    }
}
