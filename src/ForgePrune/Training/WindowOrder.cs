using ForgePrune.Search;

namespace ForgePrune.Training;

/// <summary>The order of windows: every pass over the text has an order of its own, which depends only on its number and the seed.</summary>
internal sealed class WindowOrder(int count, long seed)
{
    private int[] order = [];
    private long reading = -1;

    /// <param name="place">Windows that came before it.</param>
    public int At(long place)
    {
        if (place / count != reading)
        {
            reading = place / count;
            order = Shuffled(new SearchRandom((ulong)seed * 0x9E3779B97F4A7C15 ^ (ulong)reading));
        }

        return order[place % count];
    }

    private int[] Shuffled(SearchRandom random)
    {
        int[] places = [.. Enumerable.Range(0, count)];
        for (var last = count - 1; last > 0; last--)
        {
            var other = random.Below(last + 1);
            (places[last], places[other]) = (places[other], places[last]);
        }

        return places;
    }
}
