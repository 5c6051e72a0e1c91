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
    /// <param name="kind">Of the block; of experts, whole ones.</param>
    public static IEnumerable<int> Measured(int dense, MlpKind kind) => !kind.IsRouted ? Measured(dense)
        : Enumerable.Range(1, Points).Select(i => (int)Math.Round((double)i * kind.Experts(dense) / Points)).Append(kind.PerToken)
            .Where(experts => experts >= kind.PerToken).Order().Distinct().Select(experts => experts * kind.ExpertWidth);

    private static IEnumerable<int> Measured(int dense) => Enumerable.Range(1, Points)
        .Select(i => (int)Math.Round((double)i * dense / Points / Multiple) * Multiple)
        .Where(width => width > 0 && width < dense).Append(dense).Distinct();
}
