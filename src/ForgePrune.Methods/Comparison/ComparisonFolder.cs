using System.Text.Json;
using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Pipeline.Runs;

namespace ForgePrune.Methods.Comparison;

/// <summary>The folder of a comparison: compare.json and compare.html, its run folders, and what is remembered of those that are done.</summary>
internal static class ComparisonFolder
{
    public const string JsonFile = "compare.json", PageFile = "compare.html";

    /// <summary>A folder with other people's files is not filled up with runs, nor are files of theirs replaced.</summary>
    /// <param name="cells">Names of the comparison's runs.</param>
    public static void RequireOurs(string folder, IReadOnlyCollection<string> cells)
    {
        if (File.Exists(IO.NewFolder.PathOf(folder)))
            throw new BadInputException($"`Out` {folder} is a file; name a folder that is empty, absent or an earlier comparison");
        if (IO.NewFolder.NoFolderAbove(IO.NewFolder.PathOf(folder)) is { } above)
            throw new BadInputException($"`Out` {folder} lies below {above}, which is no folder; name a place in a folder");
        if (!Directory.Exists(folder))
            return;
        var figures = Path.Combine(folder, JsonFile);
        if (File.Exists(figures) ? !IsFigures(figures) : !Directory.EnumerateFileSystemEntries(folder).All(entry => IsOf(entry, cells)))
            throw new BadInputException(
                $"`Out` {folder} holds files that are no comparison of ForgePrune; name a folder that is empty, absent or an earlier comparison");
    }

    /// <summary>What lies there before the figures do: runs, the first of them unfinished, and what is remembered of others.</summary>
    private static bool IsOf(string entry, IReadOnlyCollection<string> cells) => Path.GetFileName(entry) is var name
        && (name == FinishedRuns.Folder || cells.Contains(name) || RunFolder.IsRun(entry) || AtomicFile.IsUnfinished(entry, JsonFile));

    private static bool IsFigures(string file)
    {
        try
        {
            // A member that is missing is null whatever its annotation says.
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), ComparisonJson.Default.ComparisonFigures) is
            {
                Model: not null, Runs: not null,
                Rows: not null
            };
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
