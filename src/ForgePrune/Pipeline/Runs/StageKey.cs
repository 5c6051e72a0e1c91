using System.Globalization;
using System.Text.Json;
using ForgePrune.IO;

namespace ForgePrune.Pipeline.Runs;

/// <summary>Everything a stage's result depends on. Equal keys mean an equal result; a measured result enters the next stage's key by its
/// content hash, never by the settings it was measured with.</summary>
public sealed record StageKey
{
    /// <summary>Name → hash of each input: model, calibration tokens, results of earlier stages (<see cref="StageManifest.ContentHash"/>).</summary>
    public required SortedDictionary<string, string> Inputs { get; init; }

    /// <summary>Name → value of each setting that changes the result.</summary>
    public required SortedDictionary<string, string> Settings { get; init; }

    /// <summary>Name → version of each part that changes the result: the libraries, and the <see cref="StageFormat"/> of each piece of work.</summary>
    public required SortedDictionary<string, string> Versions { get; init; }

    /// <summary>Seed of everything random.</summary>
    public required long Seed { get; init; }

    /// <summary>Where it ran, with what changes its bits: "cpu, 2 threads, AVX2".</summary>
    public required string Device { get; init; }

    /// <param name="formats">Of every piece of work that the stage does.</param>
    /// <param name="libraries">Name → version of what all stages depend on.</param>
    public static StageKey Of(
        IEnumerable<StageFormat> formats, IEnumerable<(string Name, string Hash)> inputs, IEnumerable<(string Name, string Value)> settings,
        IReadOnlyDictionary<string, string> libraries, long seed, string device) => new()
        {
            Inputs = Sorted(inputs),
            Settings = Sorted(settings),
            Versions = Sorted(libraries.Select(library => (library.Key, library.Value))
            .Concat(formats.Select(format => (format.Part, format.Number.ToString(CultureInfo.InvariantCulture))))),
            Seed = seed,
            Device = device,
        };

    /// <summary>Hash of all of it.</summary>
    public string Hash() => ManifestHash.Of(JsonSerializer.SerializeToNode(this, RunJson.Default.StageKey));

    private static SortedDictionary<string, string> Sorted(IEnumerable<(string Name, string Value)> pairs) =>
        new(pairs.ToDictionary(pair => pair.Name, pair => pair.Value), StringComparer.Ordinal);
}
