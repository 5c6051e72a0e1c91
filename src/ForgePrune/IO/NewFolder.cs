namespace ForgePrune.IO;

/// <summary>Makes a folder appear whole or not at all: it is filled beside its place under a name of its own, flushed to the disk, then renamed.
/// Nothing is overwritten, and nothing is deleted that was not made here.</summary>
public static class NewFolder
{
    /// <summary>Most bytes of a new folder's name: 255 on usual file systems, less what it has behind its name until it is whole.</summary>
    public const int LongestName = 255 - UnfinishedFolder.AddedLength;

    /// <param name="folder">Nothing may be there. Parents that are missing are made.</param>
    /// <param name="fill">Writes into the empty folder whose path it is given.</param>
    /// <exception cref="Errors.BadInputException">Something is in the place, or another process is writing there.</exception>
    /// <exception cref="Errors.BrokenEnvironmentException">The disk is full, or the place may not be written.</exception>
    public static void Write(string folder, Action<string> fill)
    {
        var target = PathOf(folder);
        if (IsTaken(target))
            throw NewFolderErrors.Exists(target);
        WriteErrors.Guard(target, () =>
        {
            UnfinishedFolder.Clear(target);
            using var unfinished = UnfinishedFolder.Create(target);
            fill(unfinished.Files);
            unfinished.Publish();
        });
    }

    /// <summary>The full path, without a separator at its end: "a/" and "a/." are "a".</summary>
    public static string PathOf(string folder) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));

    /// <summary>Whether anything is at <paramref name="path"/>; a link to nothing counts.</summary>
    public static bool IsTaken(string path) => Path.Exists(path) || new FileInfo(path).LinkTarget is not null;
}
