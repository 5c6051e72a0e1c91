namespace ForgePrune.Kernels;

/// <summary>One sweep that removes blocks of equally many neighbouring columns; the caller chooses among those allowed. See <see cref="GroupEliminator"/>.</summary>
public interface IGroupEliminator
{
    /// <summary>Blocks in all.</summary>
    int Blocks { get; }

    /// <summary>Whether <paramref name="block"/> is not yet removed.</summary>
    bool IsLiving(int block);

    /// <summary>Exact cost of removing several blocks together now, such as all query heads of a KV group.</summary>
    /// <exception cref="NotPositiveDefiniteException">P restricted to the blocks is not positive definite.</exception>
    double Score(ReadOnlySpan<int> blocks);

    /// <summary>The living block of least score among those flagged (one flag for each block; empty: all); the lowest index of equal ones; -1 if there is none.</summary>
    int Cheapest(ReadOnlySpan<bool> candidate);

    /// <summary>Removes several blocks together and returns their joint cost.</summary>
    /// <exception cref="NotPositiveDefiniteException">P restricted to the blocks is not positive definite; nothing was removed.</exception>
    double Remove(ReadOnlySpan<int> blocks);
}
