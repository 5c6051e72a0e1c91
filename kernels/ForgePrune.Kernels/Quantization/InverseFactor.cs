namespace ForgePrune.Kernels;

/// <summary>U with H⁻¹ = Uᵀ·U, upper triangular: what every column's rounding error is passed on by. One serves all matrices with the same inputs.</summary>
/// <remarks>Row j of U, divided by U_jj, is row j of the inverse after the columns before j were eliminated from it, divided by its diagonal: the whole
/// sequence of inverses that optimal brain quantisation needs (Frantar et al., "GPTQ", arXiv 2210.17323, section 3.3).</remarks>
public sealed class InverseFactor
{
    private InverseFactor(double[] upper, int cols) => (Upper, Cols) = (upper, cols);

    public int Cols { get; }

    /// <summary>cols × cols, row-major; what lies below the diagonal is of no meaning.</summary>
    internal double[] Upper { get; }

    /// <summary>Factors the inverse of a damped Gram.</summary>
    /// <param name="hessian">H (cols × cols, contiguous, symmetric; only the lower half is read). Becomes the factor.</param>
    /// <exception cref="NotPositiveDefiniteException">H is not; it is spoilt.</exception>
    public static InverseFactor Of(double[] hessian, int cols, int threads)
    {
        Shape.Require<double>(hessian, cols, cols, cols);
        Factor(hessian, cols, "The damped Gram", threads);
        SpdInverse.FromFactor(hessian, cols, cols, threads);
        Factor(hessian, cols, "The inverse of the damped Gram", threads);
        Symmetric.MirrorLower(hessian, cols, cols, threads);
        return new InverseFactor(hessian, cols);
    }

    private static void Factor(double[] a, int n, string name, int threads)
    {
        if (Cholesky.Factor(a, n, n, threads) is var pivot and >= 0)
            throw new NotPositiveDefiniteException(name, pivot);
    }
}
