using ForgePrune.Cli.Verbs;
using ForgePrune.Methods;
using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

/// <summary>All methods side by side.</summary>
internal static class MethodTable
{
    public static void Show(IAnsiConsole console, IReadOnlyList<MethodFacts> methods)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn("method", column => column.NoWrap()).AddColumn("paper").AddColumn("removed first by").AddColumn("plan by").AddColumn("trains");
        foreach (var method in methods)
        {
            table.AddRow(new Text(string.Join('\n', method.Aliases.Select(alias => $"({alias})").Prepend(method.Name))), new Text(method.Paper ?? "–"),
                new Text(method.Removes + (method.Refits ? ", refit" : "")), new Text(method.Plan), new Text(method.Trains ?? "no"));
        }

        console.Write(table);
        var studies = MethodGuides.All.Where(guide => guide.Methods.Count == 0).Select(guide => guide.Name);
        console.WriteLine($"'forgeprune methods METHOD' tells of one; the study {string.Join(", ", studies)} has a page as well.");
    }
}
