namespace ForgePrune.IO;

/// <summary>Free space of the disk on which a path lies or will lie.</summary>
internal static class FreeDisk
{
    /// <returns>Bytes this user may still write.</returns>
    public static long At(string path)
    {
        var existing = Path.GetFullPath(path);
        while (!Directory.Exists(existing))
            existing = Path.GetDirectoryName(existing) ?? Path.GetPathRoot(Path.GetFullPath(path))!;
        return WriteErrors.Guard(path, () => new DriveInfo(existing).AvailableFreeSpace);
    }

    /// <summary>Bytes of all files below a folder; 0 where there is none.</summary>
    public static long UsedBy(string folder) => !Directory.Exists(folder) ? 0 : WriteErrors.Guard(
        folder, () => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length));
}
