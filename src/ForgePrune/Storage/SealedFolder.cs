namespace ForgePrune.Storage;

/// <summary>A folder of sealed files that a broken-off process left.</summary>
internal static class SealedFolder
{
    /// <summary>Deletes every file that is no whole sealed file: half written, damaged, or of another kind.</summary>
    /// <returns>How many stay.</returns>
    public static int KeepIntact(string folder)
    {
        var kept = 0;
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToArray())
        {
            if (!file.EndsWith(SealedFile.UnfinishedEnding, StringComparison.Ordinal) && SealedFile.IsIntact(file))
                kept++;
            else
                File.Delete(file);
        }

        return kept;
    }
}
