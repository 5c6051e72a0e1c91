using System.Numerics;
using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>
/// C = alpha · op(A) · op(B) + beta · C on row-major matrices; a stride is the number of elements from one row to the next.
/// </summary>
/// <remarks>
/// Sums are formed in the type of the operands, in blocks of 256 along k that are added in order: the result is the same for every number of
/// threads, but may differ in the last bits between machines. NaN and infinity in A or B spread as in plain arithmetic; with beta = 0 the old C is not read.
/// C must not overlap A or B. Workspace: the packed operands, at most 8.25 MiB of each in float64 and half as much in float32.
/// </remarks>
public static unsafe class Product
{
    /// <summary>Computes C (m × n) = alpha · op(A) (m × k) · op(B) (k × n) + beta · C.</summary>
    /// <param name="transposeA">Whether op(A) is A or Aᵀ.</param>
    /// <param name="transposeB">Whether op(B) is B or Bᵀ.</param>
    /// <param name="m">Rows of op(A) and of C.</param>
    /// <param name="n">Columns of op(B) and of C.</param>
    /// <param name="k">Columns of op(A) and rows of op(B): the terms of each sum.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="a">A, row-major: m × k as stored, or k × m to be transposed.</param>
    /// <param name="aStride">Elements from one row of A to the next.</param>
    /// <param name="b">B, row-major: k × n as stored, or n × k to be transposed.</param>
    /// <param name="bStride">Elements from one row of B to the next.</param>
    /// <param name="beta">Factor of the old C; with 0 the old C is not read.</param>
    /// <param name="c">C, m × n, row-major. Must not overlap A or B.</param>
    /// <param name="cStride">Elements from one row of C to the next.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape, or a stride is below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static void Multiply(Transpose transposeA, Transpose transposeB, int m, int n, int k, double alpha, ReadOnlyLongSpan<double> a, int aStride,
        ReadOnlyLongSpan<double> b, int bStride, double beta, Span<double> c, int cStride, int threads) =>
        Checked(transposeA, transposeB, m, n, k, alpha, a, aStride, b, bStride, beta, c, cStride, threads);

    /// <inheritdoc cref="Multiply(Transpose, Transpose, int, int, int, double, ReadOnlyLongSpan{double}, int, ReadOnlyLongSpan{double}, int, double, Span{double}, int, int)"/>
    public static void Multiply(Transpose transposeA, Transpose transposeB, int m, int n, int k, float alpha, ReadOnlySpan<float> a, int aStride,
        ReadOnlySpan<float> b, int bStride, float beta, Span<float> c, int cStride, int threads) =>
        Checked(transposeA, transposeB, m, n, k, alpha, a, aStride, b, bStride, beta, c, cStride, threads);

    private static void Checked<T>(Transpose transposeA, Transpose transposeB, int m, int n, int k, T alpha, ReadOnlyLongSpan<T> a, int aStride,
        ReadOnlyLongSpan<T> b, int bStride, T beta, Span<T> c, int cStride, int threads) where T : unmanaged, INumber<T>
    {
        ArgumentOutOfRangeException.ThrowIfNegative(k);
        Shape.Require(a, transposeA == Transpose.No ? m : k, transposeA == Transpose.No ? k : m, aStride);
        Shape.Require(b, transposeB == Transpose.No ? k : n, transposeB == Transpose.No ? n : k, bStride);
        Shape.Require<T>(c, m, n, cStride);
        Scale(m, n, beta, c, cStride);
        fixed (T* pa = a, pb = b, pc = c)
            Add(transposeA, transposeB, m, n, k, alpha, pa, aStride, pb, bStride, pc, cStride, threads);
    }

    /// <summary>C += alpha · op(A) · op(B) on parts of matrices; the parts of A, B and C must not overlap.</summary>
    internal static void Add<T>(Transpose transposeA, Transpose transposeB, int m, int n, int k, T alpha, T* a, int aStride, T* b, int bStride,
        T* c, int cStride, int threads, bool lower = false) where T : unmanaged, INumber<T> =>
        PackedProduct.Run(m, n, k, Lanes<T>.Left(a, aStride, transposeA), Lanes<T>.Right(b, bStride, transposeB), new ScaledTarget<T>(c, cStride, alpha), lower,
            threads);

    private static void Scale<T>(int m, int n, T beta, Span<T> c, int cStride) where T : unmanaged, INumber<T>
    {
        for (var row = 0; row < m && beta != T.One; row++)
        {
            var line = c.Slice(row * cStride, n);
            if (beta == T.Zero)
                line.Clear();
            else
                TensorPrimitives.Multiply(line, beta, line);
        }
    }
}
