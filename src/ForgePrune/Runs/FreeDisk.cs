namespace ForgePrune.Runs;

/// <summary>Free space of the disk on which a path lies or will lie.</summary>
public static class FreeDisk
{
    /// <returns>Bytes this user may still write.</returns>
    public static long At(string path)
    {
        var existing = Path.GetFullPath(path);
        while (!Directory.Exists(existing))
            existing = Path.GetDirectoryName(existing) ?? Path.GetPathRoot(Path.GetFullPath(path))!;
        return WriteErrors.Guard(path, () => new DriveInfo(existing).AvailableFreeSpace);
    }
}
