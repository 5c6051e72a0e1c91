namespace ForgePrune.Search;

/// <summary>A choice for the items so far: the last index, and the position in the front before it.</summary>
internal readonly record struct Partial(double Cost, double Price, int Index, int Parent);

/// <summary>Extends a front, ascending in cost and strictly falling in price, by one more item.</summary>
internal static class ParetoFront
{
    public static Partial[] Exact(Partial[] front, double[] costs, double[] prices, double limit)
    {
        var all = new List<Partial>(front.Length * costs.Length);
        foreach (var candidate in Candidates(front, costs, prices, limit))
            all.Add(candidate);
        all.Sort(Order);
        return Undominated(all);
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

    private static int Order(Partial a, Partial b) =>
        (a.Cost, a.Price, a.Index, a.Parent).CompareTo((b.Cost, b.Price, b.Index, b.Parent));

    private static int ByPrice(Partial a, Partial b) =>
        (a.Price, a.Cost, a.Index, a.Parent).CompareTo((b.Price, b.Cost, b.Index, b.Parent));
}
