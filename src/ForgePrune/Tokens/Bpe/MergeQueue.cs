namespace ForgePrune.Tokens.Bpe;

/// <summary>The symbols of one piece while they are merged: a doubly linked list over an array, and a heap of the pairs that may merge,
/// lowest rank first and leftmost among equals. O(n log n) for n symbols, so a piece may be a whole text.</summary>
internal sealed class MergeQueue
{
    private readonly PriorityQueue<int, long> pairs = new(); // element: position of the left symbol; priority: rank, then position
    private int[] ids = [], previous = [], next = [];
    private int count;

    public void Clear() => count = 0;

    public void Add(int id)
    {
        if (count == ids.Length)
        {
            var room = Math.Max(32, 2 * count);
            Array.Resize(ref ids, room);
            Array.Resize(ref previous, room);
            Array.Resize(ref next, room);
        }
        ids[count] = id;
        previous[count] = count - 1;
        next[count] = count + 1;
        count++;
    }

    /// <summary>Merges to the end and returns what is left.</summary>
    public int[] Merge(MergeTable merges)
    {
        pairs.Clear();
        for (var i = 0; i + 1 < count; i++)
            Offer(i, merges);
        while (pairs.TryDequeue(out var left, out var priority))
        {
            var right = ids[left] < 0 ? count : next[left];
            // An entry is stale where its symbols have merged into others since.
            if (right == count || !merges.TryGet(ids[left], ids[right], out var current) || current.Result != merges.ResultOf((int)(priority >> 32)))
                continue;
            ids[left] = current.Result;
            ids[right] = -1;
            next[left] = next[right];
            if (next[left] < count)
                previous[next[left]] = left;
            if (previous[left] >= 0)
                Offer(previous[left], merges);
            Offer(left, merges);
        }
        var merged = new List<int>();
        for (var i = 0; i < count; i = next[i])
            merged.Add(ids[i]);
        return [.. merged];
    }

    private void Offer(int left, MergeTable merges)
    {
        if (next[left] < count && merges.TryGet(ids[left], ids[next[left]], out var merge))
            pairs.Enqueue(left, ((long)merge.Rank << 32) | (uint)left);
    }
}
