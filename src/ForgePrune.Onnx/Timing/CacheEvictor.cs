namespace ForgePrune.Onnx.Timing;

/// <summary>Memory that is read between two timed calls of a probe, in place of the weights that a whole model would read there. Without it a
/// probe smaller than the processor's caches finds its weights where the real model's never are.</summary>
/// <remarks>Two cores with 32 MB of cache, MiniMind2-Small (13 MB of output head, 87 MB of blocks): alone, the frame decodes in 0.16 ms; after as many
/// bytes as the dense model's blocks have, in 0.68 ms.</remarks>
internal sealed class CacheEvictor
{
    private const int Line = 64;

    private readonly byte[] bytes;

    /// <param name="most">Bytes of the longest walk.</param>
    public CacheEvictor(long most)
    {
        bytes = new byte[most];
        // Pages that were never written share one page of zeros.
        Array.Fill(bytes, (byte)1);
    }

    /// <summary>Reads the first so many bytes, one of every cache line.</summary>
    /// <returns>The lines that were read, counted by what stands in them.</returns>
    public long Touch(long length)
    {
        var lines = 0L;
        for (var i = 0L; i < length; i += Line)
            lines += bytes[i];
        return lines;
    }
}
