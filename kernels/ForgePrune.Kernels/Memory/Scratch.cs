using System.Buffers;
using System.Runtime.InteropServices;

namespace ForgePrune.Kernels;

/// <summary>Pooled memory at a fixed address, aligned to a cache line so that no 64-byte vector straddles two. Contents are undefined.</summary>
internal readonly unsafe struct Scratch<T> : IDisposable where T : unmanaged
{
    private const int Alignment = 64;
    private readonly T[] array;
    private readonly GCHandle handle;

    public Scratch(long length)
    {
        array = ArrayPool<T>.Shared.Rent(checked((int)(length + Alignment / sizeof(T))));
        LargeArray.Advise(array);
        handle = GCHandle.Alloc(array, GCHandleType.Pinned);
        Pointer = (T*)((handle.AddrOfPinnedObject() + Alignment - 1) & -Alignment);
    }

    public T* Pointer { get; }

    public void Dispose()
    {
        handle.Free();
        ArrayPool<T>.Shared.Return(array);
    }
}
