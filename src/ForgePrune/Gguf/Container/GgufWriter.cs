using System.Text;

namespace ForgePrune.Gguf.Container;

/// <summary>Writes a GGUF file (version 3) in one pass: the header with the places of all tensors, then their values in the same order.</summary>
internal sealed class GgufWriter : IDisposable
{
    /// <summary>Every tensor begins at a multiple of this many bytes.</summary>
    public const int Alignment = 32;

    private const uint Version = 3;
    private const int Buffer = 1 << 20;

    private readonly FileStream file;
    private readonly IReadOnlyList<GgufTensor> tensors;
    private int next;

    /// <param name="path">Must not exist.</param>
    public GgufWriter(string path, GgufMetadata metadata, IReadOnlyList<GgufTensor> tensors)
    {
        this.tensors = tensors;
        file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, Buffer);
        var header = new MemoryStream();
        using (var writer = new BinaryWriter(header, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write("GGUF"u8);
            writer.Write(Version);
            writer.Write((ulong)tensors.Count);
            writer.Write((ulong)metadata.Count);
            writer.Flush();
            metadata.WriteTo(header);
            WritePlaces(writer);
        }

        header.WriteTo(file);
        Pad();
    }

    /// <summary>Writes the values of the next tensor.</summary>
    /// <param name="fill">Writes exactly the bytes that the tensor takes.</param>
    public void Write(Action<Stream> fill)
    {
        var tensor = tensors[next++];
        var start = file.Position;
        fill(file);
        if (file.Position - start != tensor.Bytes)
            throw new InvalidOperationException($"{tensor.Name} took {file.Position - start} bytes where its place has {tensor.Bytes}");
        Pad();
    }

    /// <summary>Ends the file.</summary>
    public void End()
    {
        if (next != tensors.Count)
            throw new InvalidOperationException($"{next} tensors were written where {tensors.Count} were announced");
        file.Flush();
    }

    public void Dispose() => file.Dispose();

    private void WritePlaces(BinaryWriter writer)
    {
        long offset = 0;
        foreach (var tensor in tensors)
        {
            var name = Encoding.UTF8.GetBytes(tensor.Name);
            writer.Write((ulong)name.Length);
            writer.Write(name);
            writer.Write((uint)tensor.Dimensions.Count);
            foreach (var length in tensor.Dimensions)
                writer.Write((ulong)length);
            writer.Write((uint)tensor.Type);
            writer.Write((ulong)offset);
            offset += Aligned(tensor.Bytes);
        }
    }

    private void Pad() => file.Write(new byte[Aligned(file.Position) - file.Position]);

    private static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;
}
