using ForgePrune.IO;

namespace ForgePrune.Pipeline.Runs;

/// <summary>The files of a stage's folder, as its manifest lists them.</summary>
internal static class StageFiles
{
    public static IReadOnlyList<StageFile> FlushAndHash(string folder)
    {
        var files = new List<StageFile>();
        foreach (var name in Names(folder))
        {
            var path = Path.Combine(folder, name);
            UnfinishedFolder.Flush(path);
            files.Add(new StageFile(name, new FileInfo(path).Length, ManifestHash.OfFile(path)));
        }

        return files;
    }

    /// <summary>Every listed file is there with its size and hash, and nothing else is. Sizes are compared first: they are free. Files are opened for it, since
    /// a network disk tells sizes and times of files that it has not opened from memory.
    /// A file that has not changed since it was last hashed is not read.</summary>
    public static bool Match(string folder, IReadOnlyList<StageFile> files, KnownHashes hashes)
    {
        if (!Directory.Exists(folder) || !Names(folder).SequenceEqual(files.Select(file => file.Name), StringComparer.Ordinal))
            return false;
        return files.All(file => LengthOf(Path.Combine(folder, file.Name)) == file.Bytes)
            && files.All(file => hashes.OfFile(Path.Combine(folder, file.Name)) == file.Sha256);
    }

    private static long? LengthOf(string path)
    {
        using var file = SharedFile.TryOpen(path);
        return file?.Length;
    }

    private static IEnumerable<string> Names(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path => !SharedFile.IsGhost(path))
            .Select(path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'))
            .Order(StringComparer.Ordinal);
}
