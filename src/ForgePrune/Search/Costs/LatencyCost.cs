using ForgePrune.Latency;
using ForgePrune.Model;

namespace ForgePrune.Search.Costs;

/// <summary>Seconds from a table of measured block times, as in ZipLM (Kurtic et al. 2023). Between two measured widths the time is interpolated linearly.
/// A width below the narrowest measured one costs as much as that one, since every block pays the overhead of its calls. Blocks of experts are interpolated
/// between numbers of experts as well as between their widths.</summary>
public sealed class LatencyCost : ICostModel
{
    private readonly (PhaseTable Table, Func<int, int, double> Mlp, double Weight)[] phases;

    private LatencyCost(params (PhaseTable Table, double Weight)[] weighted) => phases = [.. weighted.Select(p => (p.Table, Seconds(p.Table), p.Weight))];

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
    public double Mlp(int ffn) => Mlp(ffn, 0);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The table ends below this width, or this number of experts.</exception>
    public double Mlp(int ffn, int expertWidth) => ffn == 0 ? 0 : phases.Sum(p => p.Weight * p.Mlp(ffn, expertWidth));

    private static double Seconds(PhaseTable table, AttentionLevel level) =>
        table.Attention.TryGetValue(level, out var seconds)
            ? seconds
            : throw new ArgumentException($"the latency table has no attention level of {level.KvHeads} KV heads and {level.QueryHeads} query heads");

    /// <summary>The seconds of so many channels in experts of such a width, 0 for the widest.</summary>
    private static Func<int, int, double> Seconds(PhaseTable table)
    {
        int[] widths = [.. table.Ffn.Keys.Where(width => width > 0).Order()];
        if (table.Experts.Count == 0 && widths.Length == 0)
            throw new ArgumentException("a latency table needs at least one FFN width", nameof(table));
        if (table.Experts.Count == 0)
            return (ffn, _) => Between(widths, ffn, "FFN width", width => table.Ffn[width]);
        int[] counts = [.. table.Experts.Keys.Select(level => level.Experts).Distinct().Order()];
        widths = [.. table.Experts.Keys.Select(level => level.Width).Distinct().Order()];
        if (counts.Length * widths.Length != table.Experts.Count)
            throw new ArgumentException("a latency table needs every number of experts with every width", nameof(table));
        return (ffn, asked) =>
        {
            var width = asked > 0 ? asked : widths[^1];
            return Between(counts, ffn / width, "number of experts",
                count => Between(widths, width, "expert width", wide => table.Experts[new(count, wide)]));
        };
    }

    /// <summary>Linear between measured sizes; below the smallest, what that one takes.</summary>
    private static double Between(int[] sizes, int size, string name, Func<int, double> seconds)
    {
        var above = Array.BinarySearch(sizes, size);
        if (above >= 0)
            return seconds(size);
        above = ~above;
        if (above == 0)
            return seconds(sizes[0]);
        if (above == sizes.Length)
            throw new ArgumentException($"the latency table ends at {name} {sizes[^1]}, below {size}");
        var (low, high) = (sizes[above - 1], sizes[above]);
        var share = (double)(size - low) / (high - low);
        return seconds(low) + share * (seconds(high) - seconds(low));
    }
}
