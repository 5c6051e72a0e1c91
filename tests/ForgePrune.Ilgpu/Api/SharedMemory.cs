using ForgePrune.Ilgpu;

namespace ILGPU;

/// <summary>Memory that the lanes of a group share, as in ILGPU; each call site is one piece of it, and it starts out unwritten.</summary>
public static class SharedMemory
{
    public static ArrayView<T> Allocate<T>(int extent) where T : unmanaged => new(Lane.Here.Share<T>(extent), 0, extent);
}
