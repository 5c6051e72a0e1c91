using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ForgePrune.Kernels;

/// <summary>Exchanges rows and columns on the way from one place to another.</summary>
internal static unsafe class Transposition
{
    // Eight doubles are a cache line: a square of eight lines read and eight written survives in level 1 even where the stride is a power of two
    // and all lines of a side fall into one set.
    private const int Edge = 8;

    /// <summary>target (cols × rows) = sourceᵀ for source (rows × cols); the two must not overlap.</summary>
    public static void Copy(double* source, nint sourceStride, int rows, int cols, double* target, nint targetStride)
    {
        for (var row = 0; row < rows; row += Edge)
            for (var col = 0; col < cols; col += Edge)
            {
                int height = Math.Min(Edge, rows - row), width = Math.Min(Edge, cols - col);
                double* from = source + row * sourceStride + col, to = target + col * targetStride + row;
                if (height == Edge && width == Edge && Avx.IsSupported)
                {
                    Quarter(from, sourceStride, to, targetStride);
                    Quarter(from + 4 * sourceStride, sourceStride, to + 4, targetStride);
                    Quarter(from + 4, sourceStride, to + 4 * targetStride, targetStride);
                    Quarter(from + 4 * sourceStride + 4, sourceStride, to + 4 * targetStride + 4, targetStride);
                }
                else if (height == Edge)
                    for (var c = 0; c < width; c++, to += targetStride, from++)
                        for (var r = 0; r < Edge; r++)
                            to[r] = from[r * sourceStride];
                else
                    for (var c = 0; c < width; c++, to += targetStride, from++)
                        for (var r = 0; r < height; r++)
                            to[r] = from[r * sourceStride];
            }
    }

    /// <summary>Four rows of four: pairs within the halves of the vectors, then halves.</summary>
    private static void Quarter(double* source, nint sourceStride, double* target, nint targetStride)
    {
        Vector256<double> a = Vector256.Load(source), b = Vector256.Load(source + sourceStride);
        Vector256<double> c = Vector256.Load(source + 2 * sourceStride), d = Vector256.Load(source + 3 * sourceStride);
        Vector256<double> ab0 = Avx.UnpackLow(a, b), ab1 = Avx.UnpackHigh(a, b), cd0 = Avx.UnpackLow(c, d), cd1 = Avx.UnpackHigh(c, d);
        const byte lowHalves = 0x20, highHalves = 0x31;
        Avx.Permute2x128(ab0, cd0, lowHalves).Store(target);
        Avx.Permute2x128(ab1, cd1, lowHalves).Store(target + targetStride);
        Avx.Permute2x128(ab0, cd0, highHalves).Store(target + 2 * targetStride);
        Avx.Permute2x128(ab1, cd1, highHalves).Store(target + 3 * targetStride);
    }
}
