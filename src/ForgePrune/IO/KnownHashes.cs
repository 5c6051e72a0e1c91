using System.Text.Json;
using System.Text.Json.Serialization;

namespace ForgePrune.IO;

/// <summary>Remembers the hashes of large files together with their size and times of last change. A file is read again only after it was changed, moved or
/// replaced.</summary>
public sealed class KnownHashes
{
    /// <summary>Below it reading costs nothing.</summary>
    private const long Smallest = 1 << 20;

    /// <summary>The coarsest clock of a file system (FAT). A file changed within it may be changed again under the same time.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(2);

    private readonly string path;
    private readonly SortedDictionary<string, KnownHash> known;
    private readonly bool kept;
    private bool changed;

    private KnownHashes(string path, SortedDictionary<string, KnownHash> known, bool kept) => (this.path, this.known, this.kept) = (path, known, kept);

    /// <summary>Reads the hashes of <paramref name="path"/>. An absent or damaged file gives none.</summary>
    /// <param name="kept">Whether what is new is written there.</param>
    internal static KnownHashes Open(string path, bool kept = true)
    {
        HashesFile? file = null;
        try
        {
            using var stream = SharedFile.TryOpen(path);
            if (stream is not null)
                file = JsonSerializer.Deserialize(stream, HashesJson.Default.HashesFile);
        }
        catch (Exception fault) when (fault is JsonException || WriteErrors.IsWriteFault(fault))
        {
            // Hashed once more.
        }

        // JSON may hold null wherever a list or a map holds something.
        var whole = file?.Hashes.Where(entry => entry.Value?.Files.All(stamp => stamp is not null) == true) ?? [];
        return new KnownHashes(path, new(whole.ToDictionary(), StringComparer.Ordinal), kept);
    }

    /// <summary>SHA-256 of a file's bytes.</summary>
    public string OfFile(string file) => Of(NameOf(file), [file], () => ManifestHash.OfFile(file));

    /// <summary>Records the hash of a file that was just written.</summary>
    /// <param name="hashed">The time when hashing began.</param>
    internal void Learn(string file, string hash, DateTime hashed) => Keep(NameOf(file), [FileStamp.Of(file)], hash, hashed);

    /// <summary>Writes what is new.</summary>
    internal void Save()
    {
        if (!changed || !kept)
            return;
        foreach (var (name, _) in known.Where(entry => !entry.Value.Files.All(file => File.Exists(file.Path))).ToArray())
            known.Remove(name);
        AtomicFile.WriteJson(path, new HashesFile(known), HashesJson.Default.HashesFile);
        changed = false;
    }

    private static string NameOf(string file) => $"bytes of {Path.GetFullPath(file)}";

    /// <summary>The result of <paramref name="compute"/>, remembered while the files do not change.</summary>
    internal string Of(string name, IReadOnlyList<string> files, Func<string> compute)
    {
        var (begun, before) = (DateTime.UtcNow, Stamps(files));
        if (known.TryGetValue(name, out var found) && found.Files.SequenceEqual(before))
            return found.Hash;
        var hash = compute();
        // What changed meanwhile may be hashed half before and half after.
        if (Stamps(files).SequenceEqual(before))
            Keep(name, before, hash, begun);
        return hash;
    }

    private void Keep(string name, FileStamp[] files, string hash, DateTime hashed)
    {
        changed |= known.Remove(name);
        if (files.Sum(file => file.Bytes) < Smallest || files.Any(file => file.Modified + Tick > hashed))
            return;
        known[name] = new KnownHash(files, hash);
        changed = true;
    }

    private static FileStamp[] Stamps(IEnumerable<string> files) => [.. files.Select(FileStamp.Of)];
}

/// <summary>hashes.json.</summary>
/// <param name="Hashes">By what was hashed, and where it lies.</param>
internal sealed record HashesFile(SortedDictionary<string, KnownHash> Hashes);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true,
        WriteIndented = true)]
[JsonSerializable(typeof(HashesFile))]
internal sealed partial class HashesJson : JsonSerializerContext;

internal sealed record KnownHash(IReadOnlyList<FileStamp> Files, string Hash);

/// <summary>By what a changed file is known, without reading it.</summary>
/// <param name="Path">The path of the file itself; links are resolved.</param>
/// <param name="Modified">The time of modification in the file's metadata, which archives and copies may set.</param>
/// <param name="Changed">The time of change that the system keeps; see <see cref="FileKind.LastChange"/>.</param>
internal sealed record FileStamp(string Path, long Bytes, DateTime Modified, long Changed)
{
    public static FileStamp Of(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is not null)
            file = (FileInfo)file.ResolveLinkTarget(returnFinalTarget: true)!;
        // A pipe leads nowhere and has no size: it is read whenever it is asked for.
        return file.Exists ? new FileStamp(file.FullName, file.Length, file.LastWriteTimeUtc, FileKind.LastChange(file.FullName))
            : new FileStamp(file.FullName, 0, DateTime.UtcNow, 0);
    }
}
