using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

/// <summary>Names on the left, values on the right, no lines: reads well at eighty columns and in a log.</summary>
internal static class Facts
{
    public static void Show(IAnsiConsole console, IEnumerable<(string Name, string? Value)> facts)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn(new GridColumn().PadRight(0));
        foreach (var (name, value) in facts)
        {
            if (value is not null)
                grid.AddRow(new Text(name), new Text(value));
        }

        console.Write(grid);
    }
}
