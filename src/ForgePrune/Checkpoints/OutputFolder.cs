using System.Text.Json;

namespace ForgePrune.Checkpoints;

/// <summary>A folder that appears whole or not at all: written beside its place under another name, then renamed.</summary>
internal sealed class OutputFolder : IDisposable
{
    private readonly string target;

    /// <exception cref="Errors.BadInputException">Something is in the place that ForgePrune did not write.</exception>
    public OutputFolder(string folder)
    {
        target = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder));
        if (System.IO.Path.Exists(target) && !IsReplaceable(target))
            throw CheckpointErrors.NotOurs(folder);
        // Beside the target, so that the rename stays within one file system.
        Path = $"{target}.partial";
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
        Directory.CreateDirectory(Path);
    }

    /// <summary>Where to write.</summary>
    public string Path { get; }

    public long FreeBytes => new DriveInfo(Path).AvailableFreeSpace;

    /// <summary>Puts the folder in its place; what was there goes last.</summary>
    public void Publish()
    {
        string old = $"{target}.old";
        if (Directory.Exists(old))
            Directory.Delete(old, recursive: true);
        if (Directory.Exists(target))
            Directory.Move(target, old);
        Directory.Move(Path, target);
        if (Directory.Exists(old))
            Directory.Delete(old, recursive: true);
    }

    /// <summary>Removes what was not published. That this may fail too must not hide the fault that led here.</summary>
    public void Dispose()
    {
        try
        {
            if (Directory.Exists(Path))
                Directory.Delete(Path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static bool IsReplaceable(string folder)
    {
        if (!Directory.Exists(folder))
            return false;
        string config = System.IO.Path.Combine(folder, "config.json");
        return !Directory.EnumerateFileSystemEntries(folder).Any()
            || (File.Exists(config) && JsonFile.Read(config).TryGetProperty(ForgePruneKeys.Section, out JsonElement _));
    }
}
