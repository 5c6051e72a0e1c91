namespace ForgePrune.Kernels;

/// <summary>
/// Greedy removal of single columns by Optimal Brain Surgeon. With P = H⁻¹ and G = WᵀW of the current weights, it removes the column of least
/// G_jj / P_jj, then sets P ← P − p_jj c cᵀ and G ← G − h cᵀ − c hᵀ, where c = P_:j / P_jj and h = G_:j − G_jj c / 2. The weights themselves are not touched.
/// </summary>
/// <remarks>
/// <para>
/// The score of one weight and the step of the others are those of Hassibi and Stork, "Second order derivatives for network pruning: Optimal Brain Surgeon"
/// (1993), eq. (5), without the factor 1/2; here they are summed over the rows of a column. The update of P is lemma 1 of Frantar and Alistarh, "Optimal Brain
/// Compression" (2022), and the loop its algorithm 1. That of G follows from the step W ← W − W_:j cᵀ.
/// </para>
/// <para>
/// The last removals are kept as pending factors c and h: the row of the next column is its stored row minus the pending ones, both diagonals are exact
/// at every step, and once a block is full it is applied to the living part as one product. The order and the scores are those of the plain
/// algorithm up to rounding. Of equal scores the lowest index goes first. About n³ operations in all for both
/// matrices; the same result for every number of threads. Workspace: 384·n doubles and that of the product.
/// </para>
/// </remarks>
public static class ChannelElimination
{
    /// <summary>Removes all n columns.</summary>
    /// <param name="inverse">
    /// P, n × n, row-major, symmetric; only its lower half is read. On return it holds L⁻¹, lower triangular, where L·Lᵀ = H[π,π] and π is the order reversed
    /// (survivors first): the factor of every level (<see cref="LevelFactor.FromInverse"/>). Rows of dead columns, the last ones, are zero.
    /// </param>
    /// <param name="weightGram">G = WᵀW, n × n, row-major, symmetric; only its lower half is read. Destroyed.</param>
    /// <param name="n">Columns of the layer.</param>
    /// <param name="dead">
    /// n flags of inputs that were always zero: they go first, at cost 0, in the order of their index, and their rows of P and G are never read. Empty: none.
    /// </param>
    /// <param name="stride">Elements from one row of P and of G to the next.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <returns>The columns in the order of their removal, and what each removal cost.</returns>
    /// <exception cref="NotPositiveDefiniteException">A diagonal of P is not positive when its column's turn comes.</exception>
    /// <exception cref="ArithmeticException">A score is not finite: the weights hold NaN or infinity.</exception>
    /// <exception cref="ArgumentException">A span is too short for its shape, a stride below its number of columns, or dead of another length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static EliminationResult Run(LongSpan<double> inverse, LongSpan<double> weightGram, int n, ReadOnlySpan<bool> dead, int stride, int threads)
    {
        Shape.Require<double>(inverse, n, n, stride);
        Shape.Require<double>(weightGram, n, n, stride);
        if (dead.Length != 0 && dead.Length != n)
            throw new ArgumentException($"dead holds {dead.Length} flags for {n} columns; pass one flag for each column, or none at all.", nameof(dead));
        unsafe
        {
            fixed (double* p = inverse, g = weightGram)
            {
                using var sweep = new ChannelSweep(p, g, n, stride, threads);
                return sweep.Run(dead);
            }
        }
    }
}
