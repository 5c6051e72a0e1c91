namespace ForgePrune.Search;

/// <summary>The finished parts of a long measurement.</summary>
/// <param name="Kl">[part][plan][window], in the order of measuring.</param>
internal sealed record MeasuredParts(IReadOnlyList<double[][]> Kl);

/// <summary>The store of finished parts of a long measurement. Equal calls measure equal parts in equal order, so the number of a part identifies
/// it.</summary>
public sealed class PartStore
{
    private readonly SearchFolder folder;
    private readonly List<double[][]> kept;
    private int next;

    internal PartStore(SearchFolder folder) => (this.folder, kept) = (folder, [.. folder.PriceParts?.Kl ?? []]);

    /// <summary>The next part; null where it has to be measured.</summary>
    internal double[][]? Find() => next < kept.Count ? kept[next++] : null;

    /// <summary>Keeps the part that was just measured.</summary>
    internal void Keep(double[][] kl)
    {
        kept.Add(kl);
        next = kept.Count;
        folder.PriceParts = new MeasuredParts(kept);
    }
}
