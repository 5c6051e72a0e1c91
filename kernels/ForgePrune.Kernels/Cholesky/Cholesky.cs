using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>Cholesky factor of a symmetric positive definite matrix in float64: A = L·Lᵀ.</summary>
/// <remarks>
/// Recursive, in blocks (Golub and Van Loan, "Matrix Computations", section 4.2): factor the leading half, solve for the rows below it, subtract their product
/// from the trailing half, factor that. Nearly all arithmetic is then in <see cref="Product"/>. The result is the same for every number of threads.
/// </remarks>
public static unsafe class Cholesky
{
    /// <summary>Edge of the blocks factored by plain loops.</summary>
    internal const int Base = 64;

    /// <summary>Replaces the lower half of A by its factor L; what lies above the diagonal is neither read nor changed.</summary>
    /// <param name="a">A, n × n, row-major; only its lower half is read.</param>
    /// <param name="n">Rows and columns of A.</param>
    /// <param name="stride">Elements from one row of A to the next.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <returns>
    /// −1, or the index of the first pivot that is not a positive finite number. In that case A is spoilt: form it anew before another try.
    /// </returns>
    /// <exception cref="ArgumentException">A span is too short for its shape, or a stride is below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static int Factor(LongSpan<double> a, int n, int stride, int threads)
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
        Product.Add(Transpose.No, Transpose.Yes, n - half, n - half, half, -1.0, below, stride, below, stride, below + half, stride, threads, lower: true);
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
