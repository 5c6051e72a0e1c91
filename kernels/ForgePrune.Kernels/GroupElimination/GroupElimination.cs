namespace ForgePrune.Kernels;

/// <summary>Greedy removal of all blocks, the cheapest first at each step; for restricted choices drive a <see cref="GroupEliminator"/>.</summary>
public static class GroupElimination
{
    /// <summary>Removes the n / width blocks of P and G; see <see cref="GroupEliminator(Memory{double}, Memory{double}, int, int, int)"/>. Both are destroyed.</summary>
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
