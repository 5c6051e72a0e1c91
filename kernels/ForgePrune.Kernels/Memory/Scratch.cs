using System.Buffers;
using System.Runtime.InteropServices;

namespace ForgePrune.Kernels;

/// <summary>Pooled memory at a fixed address, aligned to a cache line so that no 64-byte vector straddles two. Contents are undefined.</summary>
internal readonly unsafe struct Scratch<T> : IDisposable where T : unmanaged
{
    private const int Alignment = 64;
    private readonly T[] _array;
    private readonly GCHandle _handle;

    public Scratch(long length)
    {
        _array = ArrayPool<T>.Shared.Rent(checked((int)(length + Alignment / sizeof(T))));
        LargeArray.Advise(_array);
        _handle = GCHandle.Alloc(_array, GCHandleType.Pinned);
        Pointer = (T*)((_handle.AddrOfPinnedObject() + Alignment - 1) & -Alignment);
    }

    public T* Pointer { get; }

    public void Dispose()
    {
        _handle.Free();
        ArrayPool<T>.Shared.Return(_array);
    }
}
