using System.Runtime.InteropServices;

namespace ForgePrune.Onnx.Graphs;

/// <summary>Where an initializer's bytes lie in the file beside the model.</summary>
/// <param name="Location">File name as the model spells it, relative to the model's folder.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Number of bytes.</param>
internal readonly record struct ExternalSlice(string Location, long Offset, long Length);

/// <summary>Writes the external data file of a model, tensor after tensor, with no limit but the disk's.</summary>
internal sealed class ExternalData : IDisposable
{
    /// <summary>ONNX asks for offsets at page boundaries, so that a loader can map each tensor instead of reading it.</summary>
    public const int Alignment = 4096;

    private readonly Stream file;
    private readonly string location;

    /// <param name="path">The file to write; one that exists is replaced.</param>
    /// <param name="location">The name the model will know it by, where that differs from the file's (write, then rename).</param>
    public ExternalData(string path, string? location = null)
    {
        file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 1 << 20);
        this.location = location ?? Path.GetFileName(path);
    }

    /// <summary>Bytes written so far.</summary>
    public long Length => file.Position;

    public ExternalSlice Append<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var offset = Align();
        // In blocks: the byte length of a span is an int and a large tensor's may exceed it.
        const int Block = 1 << 20;
        for (var start = 0; start < values.Length; start += Block)
            file.Write(MemoryMarshal.AsBytes(values.Slice(start, Math.Min(Block, values.Length - start))));
        return new ExternalSlice(location, offset, file.Position - offset);
    }

    /// <summary>One tensor whose bytes <paramref name="write"/> produces piece by piece.</summary>
    public ExternalSlice Append(Action<Stream> write)
    {
        var offset = Align();
        write(file);
        return new ExternalSlice(location, offset, file.Position - offset);
    }

    public void Dispose() => file.Dispose();

    private long Align()
    {
        var padding = (int)(-file.Position & (Alignment - 1));
        Span<byte> zeros = stackalloc byte[Alignment];
        zeros.Clear();
        file.Write(zeros[..padding]);
        return file.Position;
    }
}
