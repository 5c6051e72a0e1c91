using ForgePrune.Reports;
using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

/// <summary>Shapes of layers; neighbors that are alike share a row.</summary>
internal static class LayerTable
{
    public static void Show(IAnsiConsole console, IReadOnlyList<(int KvGroups, int QueryHeads, int Ffn)> layers)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumn("layers").AddColumn("KV groups", Right).AddColumn("query heads", Right).AddColumn("FFN channels", Right);
        for (var first = 0; first < layers.Count;)
        {
            var last = first;
            while (last + 1 < layers.Count && layers[last + 1] == layers[first])
                last++;
            var (groups, heads, ffn) = layers[first];
            table.AddRow(first == last ? $"{first}" : $"{first}-{last}", Kept(groups), Kept(heads), Kept(ffn));
            first = last + 1;
        }

        console.Write(table);
    }

    private static string Kept(int count) => count == 0 ? "-" : Format.Count(count);

    private static void Right(TableColumn column) => column.RightAligned();
}
