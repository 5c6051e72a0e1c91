using ForgePrune.Latency;
using ForgePrune.Model;

namespace ForgePrune.Search.Costs;

/// <summary>Seconds from a table of measured block times, as in ZipLM (Kurtic et al. 2023). Between two measured widths the time is interpolated linearly.
/// A width below the narrowest measured one costs as much as that one, since every block pays the overhead of its calls.</summary>
public sealed class LatencyCost : ICostModel
{
    private readonly (PhaseTable Table, int[] Widths, double Weight)[] phases;

    private LatencyCost(params (PhaseTable Table, double Weight)[] weighted)
    {
        phases = [.. weighted.Select(p => (p.Table, p.Table.Ffn.Keys.Where(w => w > 0).Order().ToArray(), p.Weight))];
        if (phases.Any(p => p.Widths.Length == 0))
            throw new ArgumentException("a latency table needs at least one FFN width", nameof(weighted));
    }

    /// <summary>The seconds of one phase: a prefill, or one decode step.</summary>
    public static LatencyCost Of(PhaseTable phase) => new((phase, 1));

    /// <summary>The seconds of one prefill and <paramref name="generatedTokens"/> decode steps.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number of tokens is negative.</exception>
    public static LatencyCost Mix(LatencyTable table, int generatedTokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(generatedTokens);
        return new((table.Prefill, 1), (table.Decode, generatedTokens));
    }

    /// <inheritdoc/>
    public double Fixed => phases.Sum(p => p.Weight * p.Table.FixedSeconds);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The table has no such level.</exception>
    public double Attention(AttentionLevel level) => level.KvHeads == 0 ? 0 : phases.Sum(p => p.Weight * Seconds(p.Table, level));

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The table ends below this width.</exception>
    public double Mlp(int ffn) => ffn == 0 ? 0 : phases.Sum(p => p.Weight * Seconds(p.Table, p.Widths, ffn));

    private static double Seconds(PhaseTable table, AttentionLevel level) =>
        table.Attention.TryGetValue(level, out var seconds)
            ? seconds
            : throw new ArgumentException($"the latency table has no attention level of {level.KvHeads} KV heads and {level.QueryHeads} query heads");

    private static double Seconds(PhaseTable table, int[] widths, int ffn)
    {
        var above = Array.BinarySearch(widths, ffn);
        if (above >= 0)
            return table.Ffn[ffn];
        above = ~above;
        if (above == 0)
            return table.Ffn[widths[0]];
        if (above == widths.Length)
            throw new ArgumentException($"the latency table ends at FFN width {widths[^1]}, below {ffn}");
        var (low, high) = (widths[above - 1], widths[above]);
        var share = (double)(ffn - low) / (high - low);
        return table.Ffn[low] + share * (table.Ffn[high] - table.Ffn[low]);
    }
}
