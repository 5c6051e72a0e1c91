using System.Buffers.Binary;
using System.Text.Json;
using ForgePrune.IO;

namespace ForgePrune.Checkpoints;

/// <summary>Reads and checks the head of a safetensors file: 8 bytes of little-endian length, that many bytes of JSON, then the tensors.
/// The checks are those of the format's reference implementation: the tensors fill the rest of the file without hole, overlap or remainder.</summary>
internal static class SafetensorsHeader
{
    /// <summary>Bytes of the length prefix.</summary>
    public const int PrefixLength = 8;

    /// <summary>The reference implementation's limit; the longest real headers have some hundred kilobytes.</summary>
    public const long LongestJson = 100_000_000;

    /// <exception cref="Errors.BadInputException">Anything about the header is wrong.</exception>
    public static IReadOnlyList<StoredTensor> Read(string file)
    {
        try
        {
            using FileStream stream = File.OpenRead(file);
            Span<byte> prefix = stackalloc byte[PrefixLength];
            if (stream.ReadAtLeast(prefix, PrefixLength, throwOnEndOfStream: false) < PrefixLength)
                throw CheckpointErrors.Damaged(file, $"it has {stream.Length} bytes where the length prefix alone takes {PrefixLength}");
            RefusePointer(stream, file);
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (length > LongestJson)
                throw CheckpointErrors.Damaged(file, $"its header claims {length} bytes where at most {LongestJson} are allowed");
            if ((long)length > stream.Length - PrefixLength)
                throw CheckpointErrors.Damaged(file, $"its header claims {length} bytes and the file ends after {stream.Length - PrefixLength}");
            var json = new byte[length];
            stream.ReadExactly(json);
            return Parse(json, stream.Length, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CheckpointErrors.Unreadable(file, e);
        }
    }

    private static void RefusePointer(FileStream stream, string file)
    {
        Span<byte> start = stackalloc byte[64];
        stream.Position = 0;
        LfsPointer.Refuse(file, start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)]);
        stream.Position = PrefixLength;
    }

    /// <param name="json">The header without its prefix.</param>
    /// <param name="fileLength">Bytes of the whole file.</param>
    public static IReadOnlyList<StoredTensor> Parse(ReadOnlyMemory<byte> json, long fileLength, string file)
    {
        JsonElement root = JsonFile.Parse(json, what => CheckpointErrors.Damaged(file, $"its header is wrong, {what}"));
        long dataStart = PrefixLength + json.Length;
        var tensors = new List<StoredTensor>();
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.Name == "__metadata__")
                CheckMetadata(property.Value, file);
            else
                tensors.Add(Tensor(property.Name, property.Value, dataStart, fileLength, file));
        }

        CheckCoverage(tensors, dataStart, fileLength, file);
        return tensors;
    }

    private static void CheckMetadata(JsonElement metadata, string file)
    {
        if (metadata.ValueKind != JsonValueKind.Object || metadata.EnumerateObject().Any(p => p.Value.ValueKind != JsonValueKind.String))
            throw CheckpointErrors.Damaged(file, "__metadata__ is not an object of strings");
    }

    private static StoredTensor Tensor(string name, JsonElement value, long dataStart, long fileLength, string file)
    {
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out JsonElement type) || type.ValueKind != JsonValueKind.String
            || !TryLongs(value, "shape", out long[] shape) || !TryLongs(value, "data_offsets", out long[] offsets) || offsets.Length != 2)
            throw Bad("is not an object of dtype, shape (whole numbers from 0) and data_offsets (two whole numbers from 0)");
        string typeName = type.GetString()!;
        int bits = TensorTypes.BitsOf(typeName);
        if (bits == 0)
            throw Bad($"has the unknown dtype {CheckpointErrors.Quote(typeName)}");
        if (offsets[0] > offsets[1] || offsets[1] > fileLength - dataStart)
            throw Bad($"has data_offsets [{offsets[0]}, {offsets[1]}] in a file with {fileLength - dataStart} bytes of data");
        long length = offsets[1] - offsets[0];
        if (ByteLength(shape, bits) is not { } needed)
            throw Bad("has a shape whose size is no whole number of bytes below 2^57");
        if (needed != length)
            throw Bad($"has {length} bytes where its shape and dtype need {needed}");
        return new(name, TensorTypes.Parse(typeName), typeName, shape, dataStart + offsets[0], length);

        Errors.BadInputException Bad(string what) => CheckpointErrors.Damaged(file, $"tensor {CheckpointErrors.Quote(name)} {what}");
    }

    /// <summary>Null where the size overflows or ends inside a byte.</summary>
    private static long? ByteLength(long[] shape, int bits)
    {
        if (shape.Contains(0))
            return 0;
        long elements = 1;
        foreach (long dimension in shape)
        {
            if (elements > long.MaxValue / 64 / dimension)
                return null;
            elements *= dimension;
        }

        return elements * bits % 8 == 0 ? elements * bits / 8 : null;
    }

    private static bool TryLongs(JsonElement value, string name, out long[] numbers)
    {
        numbers = [];
        if (!value.TryGetProperty(name, out JsonElement list) || list.ValueKind != JsonValueKind.Array)
            return false;
        numbers = new long[list.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in list.EnumerateArray())
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out numbers[i]) || numbers[i++] < 0)
                return false;
        return true;
    }

    private static void CheckCoverage(List<StoredTensor> tensors, long dataStart, long fileLength, string file)
    {
        long end = dataStart;
        foreach (StoredTensor tensor in tensors.OrderBy(t => t.Offset).ThenBy(t => t.Length))
        {
            if (tensor.Offset != end)
                throw CheckpointErrors.Damaged(file, $"tensor {CheckpointErrors.Quote(tensor.Name)} begins at byte {tensor.Offset - dataStart} of the data where {end - dataStart} comes next");
            end += tensor.Length;
        }

        if (end != fileLength)
            throw CheckpointErrors.Damaged(file, $"{fileLength - end} bytes follow the last tensor");
    }
}
