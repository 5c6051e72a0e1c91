namespace ForgePrune.Latency;

/// <summary>Models that are timed against each other are opened several times, forwards and backwards: A B, B A, B A, A B.</summary>
/// <remarks>How fast a model's weights are read depends on where they came to lie, and that depends on who was there first. The system gives its
/// scattered single pages away before it breaks up long runs of them, and a processor translates the addresses of a run at once (AMD's cores
/// from Zen on join neighboring pages). On two AMD EPYC cores, the first of four copies of MiniMind2-Small decoded in 11.2 ms and the last in 8.8 on one
/// thread (docs/timing.md).</remarks>
internal static class OpeningOrder
{
    /// <summary>Whether the last model is opened first. Of each four openings in a row two are.</summary>
    /// <param name="opening">0 for the first.</param>
    public static bool IsBackwards(int opening) => opening % 4 is 1 or 2;

    /// <summary>Openings that differ by chance only. Where one of both orders is there once or never, chance and order cannot be told apart.</summary>
    /// <param name="openings">All there are, at least 1.</param>
    public static IReadOnlyList<int[]> Alike(int openings)
    {
        int[][] orders = [.. Enumerable.Range(0, openings).GroupBy(IsBackwards).Select(order => order.ToArray())];
        return orders.Length == 2 && orders.All(order => order.Length > 1) ? orders : [[.. Enumerable.Range(0, openings)]];
    }
}
