using ForgePrune.Latency;
using ForgePrune.Model;

namespace ForgePrune.Search;

/// <summary>The sizes that the blocks of experts of a model of equal layers may have.</summary>
/// <param name="Counts">Numbers of experts, descending from dense; at least as many as a token passes.</param>
/// <param name="Widths">The channels of each, descending from dense.</param>
internal sealed record ExpertGrid(IReadOnlyList<int> Counts, IReadOnlyList<int> Widths)
{
    // Of the number of experts. Widths are finer, and for every number the widest is taken that fits.
    private const int Parts = 8;

    /// <summary>Null where the model has no experts, or its layers differ.</summary>
    public static ExpertGrid? Of(ModelConfig config)
    {
        if (!config.HasExperts || config.Layers.Select((layer, index) => (layer, config.MlpOf(index))).Distinct().Count() > 1 || config.Layers[0].Ffn == 0)
            return null;
        var (kind, all) = (config.MlpOf(0), config.MlpOf(0).Experts(config.Layers[0].Ffn));
        return new(
            [.. Enumerable.Range(1, Parts).Select(part => (int)Math.Round((double)part * all / Parts)).Append(kind.PerToken)
                .Where(count => count >= kind.PerToken).Distinct().OrderDescending()],
            [.. FfnWidths.Fine(kind.ExpertWidth, KeptWidths.Multiple).Where(width => width > 0)]);
    }

    /// <summary>A layer of such a size.</summary>
    public LayerShape Shape(AttentionLevel attention, int experts, int width) =>
        new(attention.KvHeads, attention.QueryHeads, experts * width) { ExpertWidth = width < Widths[0] ? width : 0 };
}
