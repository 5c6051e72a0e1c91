namespace ForgePrune.Kernels;

/// <summary>One sweep that removes blocks of equally many neighboring columns; the caller chooses among those allowed. See <see cref="GroupEliminator"/>.</summary>
public interface IGroupEliminator
{
    /// <summary>The number of blocks in all, removed ones among them.</summary>
    int Blocks { get; }

    /// <summary>Whether a block is not yet removed.</summary>
    /// <param name="block">Index of the block.</param>
    /// <exception cref="IndexOutOfRangeException">There is no such block.</exception>
    bool IsLiving(int block);

    /// <summary>The exact cost of removing several blocks together now, such as all query heads of a KV group: tr((P_SS)⁻¹ G_SS).</summary>
    /// <param name="blocks">Distinct living blocks.</param>
    /// <exception cref="ArgumentException">A block is out of range, removed already, or named twice.</exception>
    /// <exception cref="NotPositiveDefiniteException">P restricted to the blocks is not positive definite.</exception>
    double Score(ReadOnlySpan<int> blocks);

    /// <summary>Finds the living block of least score; of equal ones that of the lowest index.</summary>
    /// <param name="candidate">One flag for each block that may be chosen; empty: all may.</param>
    /// <returns>The index of the block; −1 if no living block may be chosen.</returns>
    /// <exception cref="ArgumentException">There are flags, but not one for each block.</exception>
    /// <exception cref="NotPositiveDefiniteException">P restricted to a block is not positive definite.</exception>
    int Cheapest(ReadOnlySpan<bool> candidate);

    /// <summary>Removes several blocks together.</summary>
    /// <param name="blocks">Distinct living blocks.</param>
    /// <returns>The joint cost of the removal.</returns>
    /// <exception cref="ArgumentException">A block is out of range, removed already, or named twice.</exception>
    /// <exception cref="NotPositiveDefiniteException">P restricted to the blocks is not positive definite; nothing was removed.</exception>
    double Remove(ReadOnlySpan<int> blocks);
}
