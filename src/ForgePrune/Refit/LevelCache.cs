using ForgePrune.Memory;

namespace ForgePrune.Refit;

/// <summary>A least-recently-used cache of dense layers, factors and finished weights within a number of bytes.
/// The entry just asked for stays even where it alone is larger than that.</summary>
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

        // Computed before room is cleared: the computation may itself use this cache.
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
