using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Writes one safetensors file of float32 tensors: the header first, from the known shapes, then the values as they come.</summary>
internal sealed class SafetensorsWriter : IDisposable
{
    /// <summary>The header is padded with spaces so that the tensors begin at a multiple of this.</summary>
    private const int Alignment = 8;

    private readonly FileStream stream;

    public SafetensorsWriter(string path, IReadOnlyList<StoredSpec> tensors)
    {
        byte[] header = Header(tensors);
        stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixLength];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        stream.Write(prefix);
        stream.Write(header);
    }

    /// <summary>The next tensor in the order of the header, or the next part of it.</summary>
    public void Write(float[] values)
    {
        // A span counts bytes in an int; an array of float32 may have four times as many.
        const int piece = 1 << 28;
        for (int start = 0; start < values.Length; start += Math.Min(piece, values.Length - start))
            stream.Write(MemoryMarshal.AsBytes(values.AsSpan(start, Math.Min(piece, values.Length - start))));
    }

    /// <summary>To the disk, so that a rename afterwards never shows an incomplete file.</summary>
    public void Flush() => stream.Flush(flushToDisk: true);

    public void Dispose() => stream.Dispose();

    private static byte[] Header(IReadOnlyList<StoredSpec> tensors)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("__metadata__");
            // Loaders of transformers insist on this entry.
            writer.WriteString("format", "pt");
            writer.WriteEndObject();
            long offset = 0;
            foreach (StoredSpec tensor in tensors)
                offset = WriteEntry(writer, tensor, offset);
            writer.WriteEndObject();
        }

        while (json.Length % Alignment != 0)
            json.WriteByte((byte)' ');
        return json.ToArray();
    }

    private static long WriteEntry(Utf8JsonWriter writer, StoredSpec tensor, long offset)
    {
        long end = offset + (tensor.Elements * sizeof(float));
        writer.WriteStartObject(tensor.Name);
        writer.WriteString("dtype", "F32");
        writer.WriteStartArray("shape");
        writer.WriteNumberValue(tensor.Rows);
        if (!tensor.IsVector)
            writer.WriteNumberValue(tensor.Cols);
        writer.WriteEndArray();
        writer.WriteStartArray("data_offsets");
        writer.WriteNumberValue(offset);
        writer.WriteNumberValue(end);
        writer.WriteEndArray();
        writer.WriteEndObject();
        return end;
    }
}
