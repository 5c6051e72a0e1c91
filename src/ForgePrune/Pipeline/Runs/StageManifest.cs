using System.Text.Json.Nodes;
using ForgePrune.IO;

namespace ForgePrune.Pipeline.Runs;

/// <summary>One file of a stage, as it was when the stage ended.</summary>
/// <param name="Name">Path inside the stage's folder, with forward slashes.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Lower-case hex.</param>
public sealed record StageFile(string Name, long Bytes, string Sha256);

/// <summary>The proof that a stage ended: written last, so a folder without its manifest is unfinished.</summary>
public sealed record StageManifest
{
    /// <summary>Changes when the layout of stage folders does: older results are then redone.</summary>
    public const int CurrentFormat = 2;

    /// <summary>The layout that the folder has: <see cref="CurrentFormat"/> when it was written.</summary>
    public required int Format { get; init; }

    /// <summary>Name of the stage, and of its folder.</summary>
    public required string Stage { get; init; }

    /// <summary><see cref="StageKey.Hash"/> of <see cref="Key"/>.</summary>
    public required string Hash { get; init; }

    /// <summary>Everything that the result depends on.</summary>
    public required StageKey Key { get; init; }

    /// <summary>Sorted by name.</summary>
    public required IReadOnlyList<StageFile> Files { get; init; }

    /// <summary>How long the stage took when it ran.</summary>
    public required double Seconds { get; init; }

    /// <summary>Hash over names and bytes of all files: what later stages take as their input.</summary>
    /// <param name="prefix">Counts only files whose names begin so, for stages that read no others.</param>
    public string ContentHash(string prefix = "") => ManifestHash.Of(new JsonArray(
        [.. Files.Where(file => file.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(file => (JsonNode)new JsonArray(file.Name, file.Sha256))]));
}
