using System.Security.Cryptography;
using System.Text.Json;
using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Latency;

namespace ForgePrune.Onnx.Timing;

/// <summary>Measured seconds per level, kept in one JSON file for each set of settings.</summary>
internal sealed class LatencyCache
{
    private sealed record Times(double Prefill, double Decode);

    private sealed record Contents(SortedDictionary<string, string> Settings, SortedDictionary<string, Times> Seconds);

    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private readonly string file;
    private readonly Contents contents;

    private LatencyCache(string file, Contents contents) => (this.file, this.contents) = (file, contents);

    /// <summary>$XDG_CACHE_HOME/forgeprune, or ~/.cache/forgeprune.</summary>
    public static string UserFolder =>
        Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } folder
                ? folder
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
            "forgeprune");

    public IReadOnlyDictionary<string, string> Settings => contents.Settings;

    public static LatencyCache Open(string folder, SortedDictionary<string, string> settings)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(settings)));
        var file = Path.Combine(folder, $"latency-{hash[..16]}.json");
        if (!File.Exists(file))
            return new LatencyCache(file, new Contents(settings, new(StringComparer.Ordinal)));
        Contents? read;
        try
        {
            read = JsonSerializer.Deserialize<Contents>(File.ReadAllBytes(file), Format);
        }
        catch (JsonException fault)
        {
            throw Damaged(file, fault);
        }
        if (read?.Seconds is null || read.Settings is null || !read.Settings.SequenceEqual(settings)
            || read.Seconds.Values.Any(times => times is null || !double.IsFinite(times.Prefill) || !double.IsFinite(times.Decode)))
            throw Damaged(file, null);
        return new LatencyCache(file, read);
    }

    public bool Has(string level) => contents.Seconds.ContainsKey(level);

    public double Seconds(string level, Phase phase) =>
        phase == Phase.Prefill ? contents.Seconds[level].Prefill : contents.Seconds[level].Decode;

    public void Add(string level, double prefill, double decode) => contents.Seconds[level] = new Times(prefill, decode);

    /// <summary>Another process may write the same table: each writes a file of its own and renames it.</summary>
    public void Save()
    {
        try
        {
            AtomicFile.Write(file, stream => JsonSerializer.Serialize(stream, contents, Format));
        }
        catch (BrokenEnvironmentException fault)
        {
            throw new BrokenEnvironmentException(
                $"the latency table cannot be kept: {fault.Message.Split(';')[0]}; free space or set XDG_CACHE_HOME to a folder that can be written", fault);
        }
    }

    private static BadInputException Damaged(string file, Exception? fault) =>
        new($"the kept latency table {file} is damaged; delete it and it will be measured again", fault);
}
