using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>The tensors of a folder, from all of its <see cref="WeightFiles"/>.</summary>
internal sealed class SafetensorsSet : IDisposable
{
    private readonly List<MappedFile> files = [];
    private readonly Dictionary<string, (StoredTensor Tensor, MappedFile File)> tensors = [];

    /// <exception cref="Errors.BadInputException">A file is missing or wrong, or index and shards disagree.</exception>
    public SafetensorsSet(string folder)
    {
        WeightFiles weights = WeightFiles.Of(folder);
        Path = weights.Path;
        try
        {
            foreach ((string name, IReadOnlySet<string>? listed) in weights.Shards)
                Add(System.IO.Path.Combine(folder, name), listed);
            foreach ((string shard, IReadOnlySet<string>? listed) in weights.Shards)
                foreach (string name in listed ?? new HashSet<string>())
                    if (!tensors.ContainsKey(name))
                        throw CheckpointErrors
                            .BadIndex(Path, $"it sends {CheckpointErrors.Quote(name)} to {CheckpointErrors.Quote(shard)}, which has no such tensor");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The file that a fault of the whole set is reported against.</summary>
    public string Path { get; }

    /// <summary>Bytes of all files.</summary>
    public long Bytes => files.Sum(file => file.Length);

    /// <summary>Every file that tensors come from. An index only says where they are.</summary>
    public IReadOnlyList<string> Files => [.. files.Select(file => file.Path)];

    public IEnumerable<string> Names => tensors.Keys;

    public StoredTensor? Find(string name) => tensors.TryGetValue(name, out var found) ? found.Tensor : null;

    /// <summary>The file that holds a tensor of this set.</summary>
    public string FileOf(string name) => tensors[name].File.Path;

    /// <summary>The values of a tensor, widened to float32.</summary>
    public float[] Read(string name) => Read(name, 0, tensors[name].Tensor.Length / tensors[name].Tensor.Type.Bytes());

    /// <summary>Some of the values of a tensor, widened to float32.</summary>
    /// <param name="start">Of the first, counted in values.</param>
    public unsafe float[] Read(string name, long start, long count)
    {
        (StoredTensor tensor, MappedFile file) = tensors[name];
        var values = LargeArray.Uninitialized<float>(count);
        return file.Read(tensor.Offset + (start * tensor.Type.Bytes()), count * tensor.Type.Bytes(), bytes =>
        {
            Widening.ToSingle(bytes, tensor.Type, values);
            return values;
        });
    }

    /// <summary>Some of the values of a tensor as they are stored; null where they are float32.</summary>
    /// <param name="start">Of the first, counted in values.</param>
    public unsafe NarrowValues? ReadNarrow(string name, long start, long count)
    {
        (StoredTensor tensor, MappedFile file) = tensors[name];
        if (tensor.Type is not (TensorType.F16 or TensorType.BF16))
            return null;
        var bits = LargeArray.Uninitialized<ushort>(count);
        return file.Read(tensor.Offset + (start * sizeof(ushort)), count * sizeof(ushort), bytes =>
        {
            new ReadOnlySpan<ushort>(bytes, bits.Length).CopyTo(bits);
            return new NarrowValues(tensor.Type == TensorType.BF16, bits);
        });
    }

    /// <summary>Index of the first NaN or infinity of a tensor; −1 if it has none.</summary>
    public unsafe long FirstNotFinite(string name)
    {
        (StoredTensor tensor, MappedFile file) = tensors[name];
        return file.Read(tensor.Offset, tensor.Length, bytes => FiniteScan.FirstNotFinite(bytes, tensor.Type, tensor.Length / tensor.Type.Bytes()));
    }

    /// <summary>Whether two tensors of types that are read hold the same values, each widened to float32.</summary>
    public unsafe bool SameValues(string left, string right)
    {
        (StoredTensor a, MappedFile fileA) = tensors[left];
        (StoredTensor b, MappedFile fileB) = tensors[right];
        int sizeA = a.Type.Bytes(), sizeB = b.Type.Bytes();
        long count = a.Length / sizeA;
        if (count != b.Length / sizeB)
            return false;
        return fileA.Read(a.Offset, a.Length, x => fileB.Read(b.Offset, b.Length, y => Equal(x, y)));

        bool Equal(byte* x, byte* y)
        {
            const int piece = 1 << 20;
            for (long start = 0; start < count; start += piece)
            {
                var (one, other) = (new float[Math.Min(piece, count - start)], new float[Math.Min(piece, count - start)]);
                Widening.ToSingle(x + (start * sizeA), a.Type, one);
                Widening.ToSingle(y + (start * sizeB), b.Type, other);
                // Equals takes a NaN for itself: that it is one is said elsewhere.
                if (!one.AsSpan().SequenceEqual(other))
                    return false;
            }

            return true;
        }
    }

    public void Dispose() => files.ForEach(file => file.Dispose());

    private void Add(string path, IReadOnlySet<string>? listed)
    {
        IReadOnlyList<StoredTensor> header = SafetensorsHeader.Read(path);
        var file = new MappedFile(path);
        files.Add(file);
        foreach (StoredTensor tensor in header)
        {
            if (listed?.Contains(tensor.Name) == false)
                throw CheckpointErrors.BadIndex(Path, $"it does not send {CheckpointErrors.Quote(tensor.Name)} to {CheckpointErrors.Quote(System.IO.Path.GetFileName(path))}, which holds it");
            if (!tensors.TryAdd(tensor.Name, (tensor, file)))
                throw CheckpointErrors.BadTensor(path, tensor.Name, $"is in {CheckpointErrors.Quote(System.IO.Path.GetFileName(FileOf(tensor.Name)))} too",
                    "keep the shards of one model in the folder");
        }
    }
}
