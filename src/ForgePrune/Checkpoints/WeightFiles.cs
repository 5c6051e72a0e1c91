using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ForgePrune.Checkpoints;

/// <summary>The safetensors files of a folder: <c>model.safetensors</c>, the shards that an index lists, or shards whose names say that they
/// are all there.</summary>
/// <param name="Path">The path that messages about the whole set name.</param>
/// <param name="Shards">File names, with the tensors that the index sends to each; null where no index says.</param>
internal sealed partial record WeightFiles(string Path, IReadOnlyList<(string Name, IReadOnlySet<string>? Tensors)> Shards)
{
    public const string Single = "model.safetensors", Index = "model.safetensors.index.json";

    /// <exception cref="Errors.BadInputException">There are none, or some are missing.</exception>
    public static WeightFiles Of(string folder)
    {
        string single = System.IO.Path.Combine(folder, Single), index = System.IO.Path.Combine(folder, Index);
        if (File.Exists(single))
            return new(single, [(Single, null)]);
        return File.Exists(index) ? Listed(index, folder) : Numbered(folder) ?? throw NoWeights(folder);
    }

    /// <summary>An ONNX file of the folder or its subfolder onnx, relative to the folder; null where there is none.</summary>
    public static string? OnnxFile(string folder) =>
        new[] { folder, System.IO.Path.Combine(folder, "onnx") }.Where(Directory.Exists).SelectMany(place => Directory.EnumerateFiles(place, "*.onnx"))
            .Select(file => System.IO.Path.GetRelativePath(folder, file)).FirstOrDefault();

    private static WeightFiles Listed(string index, string folder)
    {
        if (!JsonFile.Read(index).TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
            throw CheckpointErrors.BadIndex(index, "it has no object weight_map");
        var shards = new SortedDictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            string? shard = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
            // A shard lies beside its index: a name that leads elsewhere is a mistake or an attack.
            if (string.IsNullOrWhiteSpace(shard) || shard is "." or ".." || shard.AsSpan().ContainsAny('/', '\\', '\0'))
                throw CheckpointErrors
                    .BadIndex(index, $"weight_map sends {CheckpointErrors.Quote(entry.Name)} to {JsonFile.Kind(entry.Value)} where a file name is needed");
            if (!shards.TryGetValue(shard, out HashSet<string>? names))
                shards.Add(shard, names = []);
            names.Add(entry.Name);
        }

        RequireAll(index, folder, [.. shards.Keys]);
        return new(index, [.. shards.Select(shard => (shard.Key, (IReadOnlySet<string>?)shard.Value))]);
    }

    /// <summary>Shards named n-of-m, where no index lies beside them; null where there are none.</summary>
    private static WeightFiles? Numbered(string folder)
    {
        var sets = Directory.EnumerateFiles(folder, "*.safetensors").Select(file => ShardName().Match(System.IO.Path.GetFileName(file)))
            .Where(name => name.Success)
            .ToLookup(name => (Stem: name.Groups["stem"].Value, Of: name.Groups["of"].Value));
        if (sets.Count == 0)
            return null;
        // Other sets may lie beside the model's own, as Mistral's "consolidated" does.
        var set = sets.FirstOrDefault(set => set.Key.Stem == "model") ?? sets.First();
        int count = int.Parse(set.Key.Of, CultureInfo.InvariantCulture);
        string[] names = [.. Enumerable.Range(1, count)
            .Select(n => $"{set.Key.Stem}-{n.ToString(CultureInfo.InvariantCulture).PadLeft(set.Key.Of.Length, '0')}-of-{set.Key.Of}.safetensors")];
        RequireAll(folder, folder, names);
        return new(folder, [.. names.Select(name => (name, (IReadOnlySet<string>?)null))]);
    }

    private static void RequireAll(string place, string folder, string[] names)
    {
        string[] missing = [.. names.Where(name => !File.Exists(System.IO.Path.Combine(folder, name)))];
        if (missing.Length > 0)
            throw CheckpointErrors.ShardsMissing(place, missing, names.Length);
    }

    private static Errors.BadInputException NoWeights(string folder)
    {
        if (OnnxFile(folder) is { } onnx)
            return CheckpointErrors.Exported(folder, onnx);
        string? other = new[] { "*.safetensors", "*.bin", "*.gguf", "*.pt", "*.pth" }.SelectMany(form => Directory.EnumerateFiles(folder, form))
            .Select(file => System.IO.Path.GetFileName(file)).Order(StringComparer.Ordinal).FirstOrDefault();
        return CheckpointErrors.NotAModel(folder, $"it holds neither {Single} nor {Index}{(other is null ? "" : $", though {CheckpointErrors.Quote(other)}")}",
            Cure(other));
    }

    private static string Cure(string? other) => other switch
    {
        null => "finish the download",
        _ when other.StartsWith("adapter_", StringComparison.Ordinal) => "merge the adapter into the model that it was trained for (merge_and_unload does)",
        _ when other.EndsWith(".safetensors", StringComparison.Ordinal) => $"call the file {Single} if it holds the whole model under Hugging Face's names",
        _ => "convert the weights to safetensors (save_pretrained does)",
    };

    // Four digits are more than any model has shards.
    [GeneratedRegex(@"^(?<stem>.+)-(?<n>[0-9]{1,5})-of-(?<of>0*[1-9][0-9]{0,3})\.safetensors\z", RegexOptions.CultureInvariant)]
    private static partial Regex ShardName();
}
