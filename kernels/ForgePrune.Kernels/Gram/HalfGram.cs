using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>Grams of activations held in 16 bits. Each block of tokens is widened to float32 just before it is multiplied, which rounds nothing: the
/// result has the bits of <see cref="Gram.Accumulate(ReadOnlySpan{float}, int, int, int, LongSpan{double}, int, int)"/> on the same values.</summary>
public static unsafe class HalfGram
{
    // Blocks of the product's own depth, so that sums are cut where they would be cut anyway.
    private const int Tokens = PackedProduct.Depth;

    private delegate void Widen<T>(ReadOnlySpan<T> source, Span<float> target);

    /// <summary>Adds XᵀX to a Gram for X in IEEE half precision (f16).</summary>
    /// <param name="x">X, tokens × cols, row-major.</param>
    /// <param name="tokens">Rows of X.</param>
    /// <param name="cols">Columns of X; rows and columns of the Gram.</param>
    /// <param name="stride">Elements from one row of X to the next.</param>
    /// <param name="gram">Gram, cols × cols, row-major. Symmetric on entry, where its lower half alone is read, and on return.</param>
    /// <param name="gramStride">Elements from one row of the Gram to the next.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape, or a stride is below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static void Accumulate(ReadOnlySpan<Half> x, int tokens, int cols, int stride, LongSpan<double> gram, int gramStride, int threads) =>
        Accumulate(x, tokens, cols, stride, gram, gramStride, threads, TensorPrimitives.ConvertToSingle);

    /// <summary>Adds XᵀX to a Gram for X in bfloat16.</summary>
    /// <param name="x">X, tokens × cols, row-major; each element holds the upper 16 bits of a float32.</param>
    /// <param name="tokens">Rows of X.</param>
    /// <param name="cols">Columns of X; rows and columns of the Gram.</param>
    /// <param name="stride">Elements from one row of X to the next.</param>
    /// <param name="gram">Gram, cols × cols, row-major. Symmetric on entry, where its lower half alone is read, and on return.</param>
    /// <param name="gramStride">Elements from one row of the Gram to the next.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape, or a stride is below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static void AccumulateBFloat16(ReadOnlySpan<ushort> x, int tokens, int cols, int stride, LongSpan<double> gram, int gramStride, int threads) =>
        Accumulate(x, tokens, cols, stride, gram, gramStride, threads, BrainFloat.ToSingle);

    private static void Accumulate<T>(ReadOnlySpan<T> x, int tokens, int cols, int stride, LongSpan<double> gram, int gramStride, int threads, Widen<T> widen)
        where T : unmanaged
    {
        Shape.Require(x, tokens, cols, stride);
        Shape.Require<double>(gram, cols, cols, gramStride);
        if (tokens == 0 || cols == 0)
            return;
        using var scratch = new Scratch<float>((long)Math.Min(tokens, Tokens) * cols);
        fixed (T* px = x)
        fixed (double* pg = gram)
        {
            var block = new Block<T>(px, stride, cols, scratch.Pointer);
            for (var first = 0; first < tokens; first += Tokens)
            {
                var count = Math.Min(Tokens, tokens - first);
                Workers.For(count, (long)count * cols < 1 << 16 ? 1 : threads, token => block.Row(first + token, token, widen));
                PackedProduct.Run(cols, cols, count, Lanes<float>.Left(block.Target, cols, Transpose.Yes),
                    Lanes<float>.Right(block.Target, cols, Transpose.No), new WideningTarget(pg, gramStride), lower: true, threads);
            }
            Symmetric.MirrorLower(pg, cols, gramStride, threads);
        }
    }

    /// <summary>Where rows come from and go to; pointers cannot be captured one by one.</summary>
    private readonly struct Block<T>(T* source, int stride, int cols, float* target) where T : unmanaged
    {
        public float* Target { get; } = target;

        public void Row(int from, int to, Widen<T> widen) =>
            widen(new ReadOnlySpan<T>(source + (nint)from * stride, cols), new Span<float>(Target + (nint)to * cols, cols));
    }
}
