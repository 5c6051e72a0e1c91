namespace ForgePrune.Kernels;

/// <summary>Where a finished tile of a product goes.</summary>
internal unsafe interface ITarget<T> where T : unmanaged
{
    /// <summary>Adds <paramref name="width"/> elements of a tile's row to C[row, col..].</summary>
    /// <remarks>Called after <see cref="Prefetch"/> for the same row.</remarks>
    void Add(nint row, nint col, T* tile, int width);

    /// <summary>Asks for the cache lines of C[row, col..col + width]; they may lie beyond the matrix, for nothing is read.</summary>
    void Prefetch(nint row, nint col, int width);
}
