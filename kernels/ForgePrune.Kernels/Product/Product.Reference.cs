using System.Numerics;

namespace ForgePrune.Kernels;

/// <summary>The product as its formula says, summed in float64 in order of k.</summary>
internal static class ProductReference
{
    /// <inheritdoc cref="Product.Multiply(Transpose, Transpose, int, int, int, double, ReadOnlyLongSpan{double}, int, ReadOnlyLongSpan{double}, int, double, Span{double}, int, int)"/>
    public static void Multiply<T>(Transpose transposeA, Transpose transposeB, int m, int n, int k, double alpha, ReadOnlySpan<T> a, int aStride,
        ReadOnlySpan<T> b, int bStride, double beta, Span<double> c, int cStride) where T : INumber<T>
    {
        for (var i = 0; i < m; i++)
            for (var j = 0; j < n; j++)
            {
                var sum = 0.0;
                for (var d = 0; d < k; d++)
                    sum += double.CreateChecked(a[transposeA == Transpose.No ? i * aStride + d : d * aStride + i])
                        * double.CreateChecked(b[transposeB == Transpose.No ? d * bStride + j : j * bStride + d]);
                c[i * cStride + j] = alpha * sum + (beta == 0 ? 0 : beta * c[i * cStride + j]);
            }
    }
}
