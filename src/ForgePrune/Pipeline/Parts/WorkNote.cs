using ForgePrune.IO;

namespace ForgePrune.Pipeline.Parts;

/// <summary>A file in RUN/jobs/working while a worker is at work, for people who ask. Nothing depends on it: a killed worker leaves its own behind.</summary>
internal sealed class WorkNote : IDisposable
{
    private const string Folder = "working";

    private readonly string path;

    private WorkNote(string path) => this.path = path;

    public static WorkNote Begin(string run, string stage, PartShare share)
    {
        var path = Path.Combine(FolderOf(run), $"{stage} {share.Index + 1} of {share.Count} on {ProcessName.Own}");
        // Empty, so that it is whole as soon as it is there: by way of a temporary file, a kill could leave that behind.
        WriteErrors.Guard(path, () =>
        {
            Directory.CreateDirectory(FolderOf(run));
            File.WriteAllBytes(path, []);
        });
        return new WorkNote(path);
    }

    /// <summary>The notes that are there, with the time they were written.</summary>
    public static IReadOnlyList<(string Worker, DateTime Since)> Of(string run) => Directory.Exists(FolderOf(run))
        ? [.. Directory.EnumerateFiles(FolderOf(run))
            .Where(file => !SharedFile.IsGhost(file)).Order(StringComparer.Ordinal)
            .Select(file => (Path.GetFileName(file), File.GetLastWriteTimeUtc(file)))]
        : [];

    public void Dispose()
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception fault) when (WriteErrors.IsWriteFault(fault))
        {
            // A note too many misleads nobody but a reader, who sees how old it is.
        }
    }

    private static string FolderOf(string run) => Path.Combine(PartPlan.FolderOf(run), Folder);
}
