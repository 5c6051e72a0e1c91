using System.Text.Json;

namespace ForgePrune.Runs;

/// <summary>Everything a stage's result depends on. Equal keys mean an equal result; a measured result enters the next stage's key by its
/// content hash, never by the settings it was measured with.</summary>
public sealed record StageKey
{
    /// <summary>Name → hash of each input: model, calibration tokens, results of earlier stages (<see cref="StageManifest.ContentHash"/>).</summary>
    public required SortedDictionary<string, string> Inputs { get; init; }

    /// <summary>Name → value of each setting that changes the result.</summary>
    public required SortedDictionary<string, string> Settings { get; init; }

    /// <summary>Name → version of each part that changes the result.</summary>
    public required SortedDictionary<string, string> Versions { get; init; }

    public required long Seed { get; init; }

    /// <summary>Where it ran, with what changes its bits: "cpu, 2 threads, AVX2".</summary>
    public required string Device { get; init; }

    /// <summary>Hash of all of it.</summary>
    public string Hash() => ManifestHash.Of(JsonSerializer.SerializeToNode(this, RunJson.Default.StageKey));
}
