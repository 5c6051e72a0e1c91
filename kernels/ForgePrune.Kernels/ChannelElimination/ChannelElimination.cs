namespace ForgePrune.Kernels;

/// <summary>
/// Greedy removal of single columns (optimal brain surgeon) without touching the weights: with P = H⁻¹ and G = WᵀW of the current weights, remove
/// the column of least G_jj / P_jj, then P ← P − p_jj c cᵀ and G ← G − h cᵀ − c hᵀ, where c = P_:j / P_jj and h = G_:j − G_jj c / 2.
/// </summary>
/// <remarks>
/// The last removals are kept as pending factors c and h: the row of the next column is its stored row minus the pending ones, both diagonals are exact
/// at every step, and once a block is full it is applied to the living part as one product. The order and the scores are those of the plain
/// algorithm up to rounding (<see cref="ChannelEliminationReference"/>). Equal scores: the lowest index goes first. About n³ operations in all for both
/// matrices; the same result for every number of threads. Workspace: 384·n doubles and the product's.
/// </remarks>
public static class ChannelElimination
{
    /// <summary>Removes all n columns.</summary>
    /// <param name="inverse">
    /// P, n × n symmetric; only its lower half is read. On return it holds L⁻¹, lower triangular, where L·Lᵀ = H[π,π] and π is the order turned round
    /// (survivors first): the factor of every level (<see cref="LevelFactor.FromInverse"/>). Rows of dead columns, the last ones, are zero.
    /// </param>
    /// <param name="weightGram">G = WᵀW, n × n symmetric; only its lower half is read. Destroyed.</param>
    /// <param name="dead">
    /// n flags of inputs that were always zero: they go first, at cost 0, in the order of their index, and their rows of P and G are never read. Empty: none.
    /// </param>
    /// <exception cref="NotPositiveDefiniteException">A diagonal of P is not positive when its column's turn comes.</exception>
    public static EliminationResult Run(Span<double> inverse, Span<double> weightGram, int n, ReadOnlySpan<bool> dead, int stride, int threads)
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
