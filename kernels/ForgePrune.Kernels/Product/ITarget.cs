namespace ForgePrune.Kernels;

/// <summary>Where a finished tile of a product goes.</summary>
internal unsafe interface ITarget<T> where T : unmanaged
{
    /// <summary>Adds <paramref name="width"/> elements of a tile's row to C[row, col..].</summary>
    void Add(nint row, nint col, T* tile, int width);
}
