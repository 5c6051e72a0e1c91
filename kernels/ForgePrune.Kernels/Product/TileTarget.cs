using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ForgePrune.Kernels;

/// <summary>A tile set aside, contiguous and row-major, for those at the edges of C that may not be added whole. Overwrites what was there.</summary>
internal readonly unsafe struct TileTarget<T>(T* tile, nint cols) : ITarget<T> where T : unmanaged
{
    public void Add(nint row, nint col, T* values, int width) => new ReadOnlySpan<T>(values, width).CopyTo(new(tile + row * cols + col, width));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(nint row, nint col, Vector512<T> low, Vector512<T> high)
    {
        low.Store(tile + row * cols + col);
        high.Store(tile + row * cols + col + Vector512<T>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(nint row, nint col, Vector<T> low, Vector<T> high)
    {
        low.Store(tile + row * cols + col);
        high.Store(tile + row * cols + col + Vector<T>.Count);
    }

    public void Prefetch(nint row, nint col, int width)
    {
    }
}
