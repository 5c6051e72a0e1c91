namespace ForgePrune.Kernels;

/// <summary>
/// The upper triangular U with H⁻¹ = Uᵀ·U, through which a column passes its error on. One serves all matrices with the same inputs.
/// </summary>
/// <remarks>
/// Row j of U, divided by U_jj, is row j of the inverse after the columns before j were eliminated from it, divided by its diagonal: the whole
/// sequence of inverses that optimal brain quantization needs (Frantar et al., "GPTQ", arXiv 2210.17323, "Cholesky Reformulation").
/// </remarks>
public sealed class InverseFactor
{
    private InverseFactor(LongArray<double> upper, int cols) => (Upper, Cols) = (upper, cols);

    /// <summary>The number of rows and columns of U.</summary>
    public int Cols { get; }

    /// <summary>cols × cols, row-major; what lies below the diagonal is of no meaning.</summary>
    internal LongArray<double> Upper { get; }

    /// <summary>Factors the inverse of a damped Gram.</summary>
    /// <param name="hessian">H, cols × cols, row-major without gaps, symmetric; only its lower half is read. Becomes the factor.</param>
    /// <param name="cols">Rows and columns of H.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="NotPositiveDefiniteException">H, or its inverse in float64, is not positive definite; the array is spoilt.</exception>
    /// <exception cref="ArgumentException">The array is too short for its shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static InverseFactor Of(LongArray<double> hessian, int cols, int threads)
    {
        Shape.Require<double>(hessian, cols, cols, cols);
        Factor(hessian, cols, "The damped Gram", threads);
        SpdInverse.FromFactor(hessian, cols, cols, threads);
        Factor(hessian, cols, "The inverse of the damped Gram", threads);
        Symmetric.MirrorLower(hessian, cols, cols, threads);
        return new InverseFactor(hessian, cols);
    }

    /// <inheritdoc cref="Of(LongArray{double}, int, int)"/>
    public static InverseFactor Of(double[] hessian, int cols, int threads) => Of((LongArray<double>)hessian, cols, threads);

    private static void Factor(LongArray<double> a, int n, string name, int threads)
    {
        if (Cholesky.Factor(a, n, n, threads) is var pivot and >= 0)
            throw new NotPositiveDefiniteException(name, pivot);
    }
}
