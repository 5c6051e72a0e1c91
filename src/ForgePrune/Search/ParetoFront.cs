using System.Buffers;

namespace ForgePrune.Search;

/// <summary>A choice for the items so far: the last index, and the position in the front before it.</summary>
internal readonly record struct Partial(double Cost, double Price, int Index, int Parent);

/// <summary>Extends a front, ascending in cost and strictly falling in price, by one more item.</summary>
internal static class ParetoFront
{
    /// <summary>Merges the front, shifted by each level in turn, into what survived so far: linear per level, nothing to sort.</summary>
    /// <returns>Null once more than <paramref name="most"/> survive.</returns>
    public static Partial[]? Exact(Partial[] front, double[] costs, double[] prices, double limit, int most)
    {
        // Two buffers take turns: fresh arrays for every level would come to gigabytes before the collector looks.
        var capacity = (int)Math.Min(most, (long)front.Length * costs.Length) + front.Length;
        Partial[] survivors = ArrayPool<Partial>.Shared.Rent(capacity), next = ArrayPool<Partial>.Shared.Rent(capacity);
        try
        {
            var count = 0;
            for (var index = 0; index < costs.Length; index++)
            {
                if (double.IsPositiveInfinity(prices[index]))
                    continue;
                count = Merge(survivors.AsSpan(0, count), front, index, costs[index], prices[index], limit, next);
                (survivors, next) = (next, survivors);
                if (count > most)
                    return null;
            }
            return survivors[..count];
        }
        finally
        {
            ArrayPool<Partial>.Shared.Return(survivors);
            ArrayPool<Partial>.Shared.Return(next);
        }
    }

    /// <returns>How many of <paramref name="merged"/> count.</returns>
    private static int Merge(ReadOnlySpan<Partial> survivors, Partial[] front, int index, double cost, double price, double limit, Partial[] merged)
    {
        var (count, old, parent) = (0, 0, 0);
        while (true)
        {
            Partial? shifted = parent < front.Length && front[parent].Cost + cost <= limit
                ? new(front[parent].Cost + cost, front[parent].Price + price, index, parent)
                : null;
            if (old == survivors.Length && shifted is null)
                return count;
            var takeOld = shifted is null || (old < survivors.Length && Order(survivors[old], shifted.Value) < 0);
            var next = takeOld ? survivors[old++] : shifted!.Value;
            parent += takeOld ? 0 : 1;
            if (count == 0 || next.Price < merged[count - 1].Price)
                merged[count++] = next;
        }
    }

    public static Partial[] Bucketed(Partial[] front, double[] costs, double[] prices, double limit, int buckets)
    {
        var least = Candidates(front, costs, prices, limit).Min(c => (double?)c.Cost) ?? limit;
        var width = Math.Max((limit - least) / buckets, double.Epsilon);
        var best = new Partial?[buckets + 2];
        foreach (var candidate in Candidates(front, costs, prices, limit))
        {
            // Bucket 0 holds the least cost alone, so that a budget that only just fits stays met.
            var bucket = candidate.Cost == least ? 0 : Math.Min(1 + (int)((candidate.Cost - least) / width), buckets + 1);
            if (best[bucket] is not { } held || ByPrice(candidate, held) < 0)
                best[bucket] = candidate;
        }
        var kept = best.Where(b => b is not null).Select(b => b!.Value).ToList();
        kept.Sort(Order);
        return Undominated(kept);
    }

    private static IEnumerable<Partial> Candidates(Partial[] front, double[] costs, double[] prices, double limit)
    {
        for (var index = 0; index < costs.Length; index++)
        {
            if (double.IsPositiveInfinity(prices[index]))
                continue;
            for (var parent = 0; parent < front.Length; parent++)
            {
                var cost = front[parent].Cost + costs[index];
                if (cost > limit)
                    break;
                yield return new(cost, front[parent].Price + prices[index], index, parent);
            }
        }
    }

    private static Partial[] Undominated(List<Partial> ordered)
    {
        var front = new List<Partial>();
        foreach (var candidate in ordered)
        {
            if (front.Count == 0 || candidate.Price < front[^1].Price)
                front.Add(candidate);
        }
        return [.. front];
    }

    // Written out: tuples compare through the default comparers, several times slower in the innermost loop.
    private static int Order(Partial a, Partial b) =>
        a.Cost != b.Cost ? (a.Cost < b.Cost ? -1 : 1)
        : a.Price != b.Price ? (a.Price < b.Price ? -1 : 1)
        : ByChoice(a, b);

    private static int ByPrice(Partial a, Partial b) =>
        a.Price != b.Price ? (a.Price < b.Price ? -1 : 1)
        : a.Cost != b.Cost ? (a.Cost < b.Cost ? -1 : 1)
        : ByChoice(a, b);

    private static int ByChoice(Partial a, Partial b) => a.Index != b.Index ? a.Index.CompareTo(b.Index) : a.Parent.CompareTo(b.Parent);
}
