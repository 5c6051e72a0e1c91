using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>A = L·Lᵀ for a symmetric positive definite A in float64.</summary>
/// <remarks>
/// Recursive: factor the leading half, solve for the rows below it, subtract their product from the trailing half, factor that. Nearly all
/// arithmetic is then in <see cref="Product"/>. The result is the same for every number of threads.
/// </remarks>
public static unsafe class Cholesky
{
    /// <summary>Edge of the blocks factored by plain loops.</summary>
    internal const int Base = 64;

    /// <summary>
    /// Replaces the lower half of A (n × n) by L; only the lower half is read, and what lies above the diagonal is left as it was.
    /// Returns -1, or the index of the first pivot that is not a positive finite number. In that case A is spoilt: form it anew before another try.
    /// </summary>
    public static int Factor(Span<double> a, int n, int stride, int threads)
    {
        Shape.Require<double>(a, n, n, stride);
        fixed (double* p = a)
            return Factor(p, n, stride, threads);
    }

    internal static int Factor(double* a, int n, int stride, int threads)
    {
        if (n <= Base)
            return FactorBase(a, n, stride);
        var half = Halves.Split(n);
        var below = a + (nint)half * stride;
        var pivot = Factor(a, half, stride, threads);
        if (pivot >= 0)
            return pivot;
        RightSolve.LowerTransposed(a, half, stride, below, n - half, stride, threads);
        Product.Add(Operand.Plain, Operand.Transposed, n - half, n - half, half, -1.0, below, stride, below, stride, below + half, stride, threads, lower: true);
        pivot = Factor(below + half, n - half, stride, threads);
        return pivot < 0 ? -1 : half + pivot;
    }

    private static int FactorBase(double* a, int n, int stride)
    {
        for (var i = 0; i < n; i++)
        {
            var row = a + (nint)i * stride;
            for (var j = 0; j <= i; j++)
            {
                var other = a + (nint)j * stride;
                var sum = row[j] - TensorPrimitives.Dot(new ReadOnlySpan<double>(row, j), new ReadOnlySpan<double>(other, j));
                if (j < i)
                    row[j] = sum / other[j];
                else if (sum > 0 && double.IsFinite(sum))
                    row[j] = Math.Sqrt(sum);
                else
                    return i;
            }
        }
        return -1;
    }
}
