using ForgePrune.Reports;
using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

/// <summary>Shapes of layers; neighbors that are alike share a row.</summary>
internal static class LayerTable
{
    /// <param name="layers">Experts are null for layers without; their column is there where some layer has any.</param>
    public static void Show(IAnsiConsole console, IReadOnlyList<(int KvGroups, int QueryHeads, int Ffn, int? Experts)> layers)
    {
        var routed = layers.Any(layer => layer.Experts is not null);
        var table = new Table().Border(TableBorder.Simple)
            .AddColumn("layers").AddColumn("KV groups", Right).AddColumn("query heads", Right).AddColumn("FFN channels", Right);
        if (routed)
            table.AddColumn("experts", Right);
        for (var first = 0; first < layers.Count;)
        {
            var last = first;
            while (last + 1 < layers.Count && layers[last + 1] == layers[first])
                last++;
            var (groups, heads, ffn, experts) = layers[first];
            string[] row = [first == last ? $"{first}" : $"{first}-{last}", Kept(groups), Kept(heads), Kept(ffn)];
            table.AddRow(routed ? [.. row, Kept(experts ?? 0)] : row);
            first = last + 1;
        }

        console.Write(table);
    }

    private static string Kept(int count) => count == 0 ? "-" : Format.Count(count);

    private static void Right(TableColumn column) => column.RightAligned();
}
