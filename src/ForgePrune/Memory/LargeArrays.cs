namespace ForgePrune.Memory;

/// <summary>Collects large arrays that nothing holds any more. The collector would wait: it lets the large object heap grow to 4.5 times
/// what survived the last collection, which is gigabytes where weights and activations of a layer come and go.</summary>
/// <remarks>A collection costs a millisecond or two here, since the heap is a few hundred objects, and is asked for only after
/// <see cref="Allowed"/> bytes: filling those took hundreds of times as long.</remarks>
public static class LargeArrays
{
    /// <summary>Bytes that may be allocated between two collections, a layer or two of a billion-parameter model.</summary>
    public const long Allowed = 256L << 20;

    /// <summary>Free bytes that the collector may hold for whoever asks next. It gives them back by 160 MB a second, and layers of a large
    /// model let go of more than that.</summary>
    public const long Spare = 512L << 20;

    private static long allocatedBefore;

    /// <summary>To be called where arrays of the size of weights or activations have just been let go; mostly does nothing.</summary>
    public static void Settle()
    {
        if (GC.GetTotalAllocatedBytes() - Volatile.Read(ref allocatedBefore) < Allowed)
            return;
        Collect(GCCollectionMode.Forced);
        var heap = GC.GetGCMemoryInfo(GCKind.Any);
        if (heap.TotalCommittedBytes - heap.HeapSizeBytes > Spare)
            Collect(GCCollectionMode.Aggressive);
    }

    /// <summary>Gives everything unused back to the system, for whoever needs memory outside of .NET next.</summary>
    public static void GiveBack() => Collect(GCCollectionMode.Aggressive);

    private static void Collect(GCCollectionMode mode)
    {
        GC.Collect(GC.MaxGeneration, mode, blocking: true, compacting: mode == GCCollectionMode.Aggressive);
        Volatile.Write(ref allocatedBefore, GC.GetTotalAllocatedBytes());
    }
}
