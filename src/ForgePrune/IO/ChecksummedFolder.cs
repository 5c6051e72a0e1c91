namespace ForgePrune.IO;

/// <summary>A folder of sealed files that a broken-off process left.</summary>
internal static class ChecksummedFolder
{
    /// <summary>Deletes every file that is no whole sealed file: half written, damaged, or of another kind.</summary>
    /// <returns>How many stay; 0 where there is no folder.</returns>
    public static int KeepIntact(string folder)
    {
        if (!Directory.Exists(folder))
            return 0;
        var kept = 0;
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => !SharedFile.IsGhost(file)).ToArray())
        {
            if (!file.EndsWith(ChecksummedFile.UnfinishedEnding, StringComparison.Ordinal) && ChecksummedFile.IsIntact(file))
                kept++;
            else
                File.Delete(file);
        }

        foreach (var empty in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).OrderDescending(StringComparer.Ordinal).ToArray())
            if (!Directory.EnumerateFileSystemEntries(empty).Any())
                Directory.Delete(empty);
        return kept;
    }
}
