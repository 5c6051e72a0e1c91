namespace ForgePrune.Memory;

/// <summary>Collects large arrays that are no longer referenced, where the host allows it. The garbage collector alone lets the large object heap
/// grow to 4.5 times what survived the last collection: gigabytes, where the weights and activations of one layer replace those of another.</summary>
/// <remarks>A collection takes a millisecond or two, since the heap is a few hundred objects. It happens only after <see cref="Allowed"/> bytes of
/// new arrays; filling those took hundreds of times as long.</remarks>
internal static class LargeArrays
{
    /// <summary>Bytes that may be allocated between two collections: a layer or two of a model with a billion parameters.</summary>
    public const long Allowed = 256L << 20;

    /// <summary>Free bytes that the collector may keep for later allocations. It returns them at 160 MB per second by itself, and the layers of a
    /// large model free memory faster than that.</summary>
    public const long Spare = 512L << 20;

    private static long allocatedBefore;

    /// <summary>Whether <see cref="Settle"/> and <see cref="GiveBack"/> force collections. False by default: a collection stops every thread of the
    /// process, so only a host that has the process to itself switches it on.</summary>
    public static bool Collects { get; set; }

    /// <summary>Called where arrays of the size of weights or activations have just become unreachable. Collects after
    /// <see cref="Allowed"/> bytes of allocations.</summary>
    public static void Settle()
    {
        if (!Collects || GC.GetTotalAllocatedBytes() - Volatile.Read(ref allocatedBefore) < Allowed)
            return;
        Collect(GCCollectionMode.Forced);
        var heap = GC.GetGCMemoryInfo(GCKind.Any);
        if (heap.TotalCommittedBytes - heap.HeapSizeBytes > Spare)
            Collect(GCCollectionMode.Aggressive);
    }

    /// <summary>Returns unused memory to the system, before a native library such as ONNX Runtime allocates its own.</summary>
    public static void GiveBack()
    {
        if (Collects)
            Collect(GCCollectionMode.Aggressive);
    }

    private static void Collect(GCCollectionMode mode)
    {
        GC.Collect(GC.MaxGeneration, mode, blocking: true, compacting: mode == GCCollectionMode.Aggressive);
        Volatile.Write(ref allocatedBefore, GC.GetTotalAllocatedBytes());
    }
}
