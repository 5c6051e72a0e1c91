namespace ForgePrune.Kernels;

/// <summary>The inverse of a symmetric positive definite matrix from its Cholesky factor, in float64.</summary>
/// <remarks>
/// With L = [L₁ 0; B L₂] and E = B L₁⁻¹ the inverse is [(L₁L₁ᵀ)⁻¹ + Eᵀ P₂ E, ·; −P₂ E, P₂] with P₂ = (L₂L₂ᵀ)⁻¹: two half problems and three products,
/// 2n³/3 operations in all. The result is the same for every number of threads. Workspace: n²/4 doubles.
/// </remarks>
public static unsafe class SpdInverse
{
    /// <summary>Replaces the factor L by the full symmetric inverse (L·Lᵀ)⁻¹.</summary>
    /// <param name="l">L, n × n, row-major, as <see cref="Cholesky"/> leaves it; what lies above the diagonal is overwritten.</param>
    /// <param name="n">Rows and columns of L.</param>
    /// <param name="stride">Elements from one row of L to the next.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape, or a stride is below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static void FromFactor(LongSpan<double> l, int n, int stride, int threads)
    {
        Shape.Require<double>(l, n, n, stride);
        fixed (double* p = l)
            Invert(p, n, stride, threads);
    }

    private static void Invert(double* l, int n, int stride, int threads)
    {
        if (n <= Cholesky.Base)
        {
            InvertBase(l, n, stride);
            return;
        }
        var half = Halves.Split(n);
        var rest = n - half;
        var below = l + (nint)half * stride;
        RightSolve.Lower(l, half, stride, below, rest, stride, threads);
        Invert(below + half, rest, stride, threads);
        Invert(l, half, stride, threads);
        using var memory = new Scratch<double>((long)rest * half);
        var e = memory.Pointer;
        for (var row = 0; row < rest; row++)
        {
            var line = new Span<double>(below + (nint)row * stride, half);
            line.CopyTo(new(e + (nint)row * half, half));
            line.Clear();
        }
        Product.Add(Transpose.No, Transpose.No, rest, half, rest, -1.0, below + half, stride, e, half, below, stride, threads);
        Product.Add(Transpose.Yes, Transpose.No, half, half, rest, -1.0, e, half, below, stride, l, stride, threads, lower: true);
        Symmetric.MirrorLower(l, n, stride, threads);
    }

    /// <summary>Column by column: the lower half of L⁻¹ in place, then its product with its transpose.</summary>
    private static void InvertBase(double* l, int n, int stride)
    {
        var inverse = stackalloc double[Cholesky.Base * Cholesky.Base];
        for (var col = 0; col < n; col++)
            for (var row = col; row < n; row++)
            {
                var sum = row == col ? 1.0 : 0.0;
                for (var d = col; d < row; d++)
                    sum -= l[(nint)row * stride + d] * inverse[d * n + col];
                inverse[row * n + col] = sum / l[(nint)row * stride + row];
            }
        for (var i = 0; i < n; i++)
            for (var j = 0; j <= i; j++)
            {
                var sum = 0.0;
                for (var d = i; d < n; d++)
                    sum += inverse[d * n + i] * inverse[d * n + j];
                l[(nint)i * stride + j] = l[(nint)j * stride + i] = sum;
            }
    }
}
