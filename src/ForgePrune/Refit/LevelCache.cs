using ForgePrune.Memory;

namespace ForgePrune.Refit;

/// <summary>Keeps what levels are made from (dense layers, factors, finished weights) within a number of bytes, oldest use out first.
/// The entry just asked for stays even when it alone is larger: without it nothing could be made.</summary>
internal sealed class LevelCache(long capacity)
{
    private readonly Dictionary<object, LinkedListNode<Entry>> entries = [];
    private readonly LinkedList<Entry> byUse = [];

    public long Bytes { get; private set; }

    public T Get<T>(object key, Func<T> make, Func<T, long> bytes) where T : class
    {
        if (entries.TryGetValue(key, out var found))
        {
            byUse.Remove(found);
            byUse.AddFirst(found);
            return (T)found.Value.Item;
        }

        // Made before room is cleared: making it may itself use this cache.
        var item = make();
        var entry = new Entry(key, item, bytes(item));
        entries.Add(key, byUse.AddFirst(entry));
        Bytes += entry.Bytes;
        while (Bytes > capacity && byUse.Last is { } last && last.Value != entry)
        {
            byUse.RemoveLast();
            entries.Remove(last.Value.Key);
            Bytes -= last.Value.Bytes;
        }

        LargeArrays.Settle();
        return item;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        entries.Clear();
        byUse.Clear();
        Bytes = 0;
    }

    private sealed record Entry(object Key, object Item, long Bytes);
}
