namespace ForgePrune.Kernels;

/// <summary>Greedy removal of all blocks, the cheapest first at each step; for restricted choices drive a <see cref="GroupEliminator"/>.</summary>
public static class GroupElimination
{
    /// <summary>Removes all n / width blocks of P and G, the cheapest first at each step.</summary>
    /// <param name="inverse">P = H⁻¹, n × n, row-major without gaps, symmetric in both halves. Destroyed.</param>
    /// <param name="weightGram">G = WᵀW, n × n, row-major without gaps, symmetric in both halves. Destroyed.</param>
    /// <param name="n">Columns of the layer, a multiple of the block width.</param>
    /// <param name="width">Columns of one block, at least 1.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <returns>The blocks in the order of their removal, and what each removal cost.</returns>
    /// <exception cref="NotPositiveDefiniteException">P restricted to a block is not positive definite.</exception>
    /// <exception cref="ArgumentException">A matrix is too short for its shape, or n is no multiple of the width.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The width is not positive, or an extent or the number of threads is negative.</exception>
    public static EliminationResult Run(Memory<double> inverse, Memory<double> weightGram, int n, int width, int threads)
    {
        var eliminator = new GroupEliminator(inverse, weightGram, n, width, threads);
        var order = new int[eliminator.Blocks];
        var scores = new double[eliminator.Blocks];
        for (var step = 0; step < order.Length; step++)
        {
            order[step] = eliminator.Cheapest([]);
            scores[step] = eliminator.Remove(order[step]);
        }
        return new(order, scores);
    }
}
