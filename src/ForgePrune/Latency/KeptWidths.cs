using ForgePrune.Model;

namespace ForgePrune.Latency;

/// <summary>Which FFN widths are worth offering and which are worth measuring.</summary>
internal static class KeptWidths
{
    /// <summary>Widths are multiples of this: full AVX-512 registers, and whole blocks for later 4-bit weights (32 divides every second one).</summary>
    public const int Multiple = 16;

    /// <summary>Widths whose time is measured; between them time is taken as straight.</summary>
    private const int Points = 12;

    /// <summary>The dense width and evenly spread multiples below it.</summary>
    public static IEnumerable<int> Measured(int dense) => Enumerable.Range(1, Points)
        .Select(i => (int)Math.Round((double)i * dense / Points / Multiple) * Multiple)
        .Where(width => width > 0 && width < dense).Append(dense).Distinct();

    /// <summary>Of a block of experts, all of them, halves and quarters, and as few as a token passes; each with the dense width, and with halves of it down to
    /// an eighth.</summary>
    public static IEnumerable<ExpertLevel> Measured(int dense, MlpKind kind)
    {
        var experts = kind.Experts(dense);
        int[] counts = [.. new[] { experts, experts / 2, experts / 4, kind.PerToken }.Where(count => count >= kind.PerToken).Distinct()];
        int[] widths = [.. new[] { 2, 4, 8 }.Select(part => kind.ExpertWidth / part / Multiple * Multiple).Where(width => width > 0)
            .Prepend(kind.ExpertWidth).Distinct()];
        return counts.SelectMany(count => widths.Select(width => new ExpertLevel(count, width)));
    }
}
