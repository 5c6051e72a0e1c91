using System.Numerics;
using System.Runtime.Intrinsics;

namespace ForgePrune.Kernels;

/// <summary>Where a finished tile of a product goes.</summary>
internal unsafe interface ITarget<T> where T : unmanaged
{
    /// <summary>Adds <paramref name="width"/> elements of a tile's row to C[row, col..].</summary>
    /// <remarks>Called after <see cref="Prefetch"/> for the same row.</remarks>
    void Add(nint row, nint col, T* tile, int width);

    /// <summary>Adds two neighboring vectors of a tile's row to C[row, col..].</summary>
    void Add(nint row, nint col, Vector512<T> low, Vector512<T> high);

    /// <inheritdoc cref="Add(nint, nint, Vector512{T}, Vector512{T})"/>
    void Add(nint row, nint col, Vector<T> low, Vector<T> high);

    /// <summary>Asks for the cache lines of C[row, col..col + width]; they may lie beyond the matrix, for nothing is read.</summary>
    void Prefetch(nint row, nint col, int width);
}
