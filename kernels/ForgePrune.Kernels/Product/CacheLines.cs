using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace ForgePrune.Kernels;

/// <summary>Early requests for memory that will be needed soon; nothing where the machine has no such instruction.</summary>
internal static unsafe class CacheLines
{
    public const int Bytes = 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch<T>(T* start, int count) where T : unmanaged
    {
        if (!Sse.IsSupported)
            return;
        for (var offset = 0; offset < count * sizeof(T); offset += Bytes)
            Sse.Prefetch0((byte*)start + offset);
        Sse.Prefetch0((byte*)(start + count) - 1);
    }
}
