namespace ForgePrune.IO;

/// <summary>Creates a folder that appears whole or not at all: it is filled under a temporary name beside its place, flushed to disk, and renamed.
/// Nothing is overwritten, and only folders created here are deleted.</summary>
internal static class NewFolder
{
    /// <summary>Most bytes of a new folder's name: 255 on usual file systems, less what follows it until the folder is whole.</summary>
    public const int LongestName = 255 - UnfinishedFolder.AddedLength;

    /// <param name="folder">The path of the new folder, where nothing may exist. Missing parents are created.</param>
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

    /// <summary>What stands above <paramref name="place"/> and is no folder, so that none can be made there; null for nothing.</summary>
    public static string? NoFolderAbove(string place)
    {
        for (var above = Path.GetDirectoryName(place); above is not null; above = Path.GetDirectoryName(above))
        {
            if (IsTaken(above))
                return Directory.Exists(above) ? null : above;
        }

        return null;
    }

    /// <summary>Whether anything is at <paramref name="path"/>; a link to nothing counts.</summary>
    public static bool IsTaken(string path) => Path.Exists(path) || new FileInfo(path).LinkTarget is not null;
}
