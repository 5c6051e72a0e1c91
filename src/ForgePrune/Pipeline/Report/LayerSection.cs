using ForgePrune.Model;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Reports;

namespace ForgePrune.Pipeline.Report;

/// <summary>What each layer keeps of what it had.</summary>
internal static class LayerSection
{
    public static void Write(ReportPage page, ModelConfig dense, RunSummary summary)
    {
        page.Section("Layers", "What each layer keeps; the bars behind are the dense model.");
        page.Charts(
            Chart("KV groups", "groups", layer => layer.KvHeads, layer => layer.KvGroups),
            Chart("Query heads", "heads", layer => layer.QueryHeads, layer => layer.QueryHeads),
            dense.HasExperts ? Chart("Experts", "experts", layer => dense.OneMlpKind.Experts(layer.Ffn), layer => layer.Experts ?? 0)
                : Chart("FFN width", "channels", layer => layer.Ffn, layer => layer.Ffn));
        page.Table(new ReportTable("Kept of the dense model's, layer by layer", ["layer", "KV groups", "query heads", "FFN channels", "FFN kept"],
            [.. summary.Layers.Select((layer, i) => (IReadOnlyList<Cell>)
            [
                $"{i}", $"{layer.KvGroups} of {dense.Layers[i].KvHeads}", $"{layer.QueryHeads} of {dense.Layers[i].QueryHeads}",
                $"{Format.Count(layer.Ffn)} of {Format.Count(dense.Layers[i].Ffn)}", Kept(layer.Ffn, dense.Layers[i].Ffn),
            ])]));

        Chart Chart(string title, string unit, Func<LayerShape, int> before, Func<LayerSummary, int> after) => new(
            title, ChartKind.Bars, [.. summary.Layers.Select((_, i) => $"{i}")], "layer", unit,
            [new("dense", [.. dense.Layers.Select(layer => (double?)before(layer))]), new("kept", [.. summary.Layers.Select(layer => (double?)after(layer))])],
            $"{title} kept by layer: {string.Join(", ", summary.Layers.Select((layer, i) => $"{after(layer)} of {before(dense.Layers[i])}"))}");
    }

    private static Cell Kept(int after, int before) =>
        before == 0 ? "–" : new Cell(Format.Share((double)after / before), (double)after / before);
}
