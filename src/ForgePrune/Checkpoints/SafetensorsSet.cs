using System.Text.Json;
using ForgePrune.Kernels;

namespace ForgePrune.Checkpoints;

/// <summary>The tensors of a folder, from <c>model.safetensors</c> or from the shards that <c>model.safetensors.index.json</c> lists.</summary>
internal sealed class SafetensorsSet : IDisposable
{
    private readonly List<MappedFile> files = [];
    private readonly Dictionary<string, (StoredTensor Tensor, MappedFile File)> tensors = [];

    /// <exception cref="Errors.BadInputException">A file is missing or wrong, or index and shards disagree.</exception>
    public SafetensorsSet(string folder)
    {
        string single = System.IO.Path.Combine(folder, "model.safetensors");
        string index = System.IO.Path.Combine(folder, "model.safetensors.index.json");
        try
        {
            if (File.Exists(single))
                Add(Path = single, null);
            else if (File.Exists(index))
                AddShards(Path = index, folder);
            else
                throw CheckpointErrors.NotAModel(folder, "it holds neither model.safetensors nor model.safetensors.index.json",
                    "convert the weights to safetensors (save_pretrained does)");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The file that a fault of the whole set is reported against.</summary>
    public string Path { get; }

    public IEnumerable<string> Names => tensors.Keys;

    public StoredTensor? Find(string name) => tensors.TryGetValue(name, out var found) ? found.Tensor : null;

    /// <summary>The file that holds a tensor of this set.</summary>
    public string FileOf(string name) => tensors[name].File.Path;

    /// <summary>The values of a tensor, widened to float32.</summary>
    public unsafe float[] Read(string name)
    {
        (StoredTensor tensor, MappedFile file) = tensors[name];
        var values = LargeArray.Uninitialized<float>(tensor.Length / tensor.Type.Bytes());
        return file.Read(tensor.Offset, tensor.Length, bytes =>
        {
            Widening.ToSingle(bytes, tensor.Type, values);
            return values;
        });
    }

    /// <summary>Index of the first NaN or infinity of a tensor; −1 if it has none.</summary>
    public unsafe long FirstNotFinite(string name)
    {
        (StoredTensor tensor, MappedFile file) = tensors[name];
        return file.Read(tensor.Offset, tensor.Length, bytes => FiniteScan.FirstNotFinite(bytes, tensor.Type, tensor.Length / tensor.Type.Bytes()));
    }

    /// <summary>Whether two tensors hold the same bytes.</summary>
    public unsafe bool SameBytes(string left, string right)
    {
        (StoredTensor a, MappedFile fileA) = tensors[left];
        (StoredTensor b, MappedFile fileB) = tensors[right];
        if (a.Type != b.Type || a.Length != b.Length)
            return false;
        return fileA.Read(a.Offset, a.Length, x => fileB.Read(b.Offset, b.Length, y => Equal(x, y, a.Length)));

        static bool Equal(byte* x, byte* y, long length)
        {
            const int piece = 1 << 30;
            for (long i = 0; i < length; i += piece)
            {
                int count = (int)Math.Min(piece, length - i);
                if (!new ReadOnlySpan<byte>(x + i, count).SequenceEqual(new ReadOnlySpan<byte>(y + i, count)))
                    return false;
            }

            return true;
        }
    }

    public void Dispose() => files.ForEach(file => file.Dispose());

    private void AddShards(string index, string folder)
    {
        if (!JsonFile.Read(index).TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
            throw CheckpointErrors.BadIndex(index, "it has no object weight_map");
        var shards = new SortedDictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            string? shard = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
            // A shard lies beside its index: a name that leads elsewhere is a mistake or an attack.
            if (string.IsNullOrWhiteSpace(shard) || shard is "." or ".." || shard.AsSpan().ContainsAny('/', '\\', '\0'))
                throw CheckpointErrors.BadIndex(index, $"weight_map sends {CheckpointErrors.Quote(entry.Name)} to {JsonFile.Kind(entry.Value)} where a file name is needed");
            if (!shards.TryGetValue(shard, out HashSet<string>? names))
                shards.Add(shard, names = []);
            names.Add(entry.Name);
        }

        foreach ((string shard, HashSet<string> names) in shards)
            Add(System.IO.Path.Combine(folder, shard), names);
        foreach ((string shard, HashSet<string> names) in shards)
            foreach (string name in names)
                if (!tensors.ContainsKey(name))
                    throw CheckpointErrors.BadIndex(index, $"it sends {CheckpointErrors.Quote(name)} to {CheckpointErrors.Quote(shard)}, which has no such tensor");
    }

    private void Add(string path, HashSet<string>? listed)
    {
        IReadOnlyList<StoredTensor> header = SafetensorsHeader.Read(path);
        var file = new MappedFile(path);
        files.Add(file);
        foreach (StoredTensor tensor in header)
        {
            if (listed?.Contains(tensor.Name) == false)
                throw CheckpointErrors.BadIndex(Path, $"it does not send {CheckpointErrors.Quote(tensor.Name)} to {CheckpointErrors.Quote(System.IO.Path.GetFileName(path))}, which holds it");
            tensors.Add(tensor.Name, (tensor, file));
        }
    }
}
