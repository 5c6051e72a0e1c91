using System.Runtime.InteropServices;

namespace ForgePrune.Kernels.Gpu.Tests.Ptx;

/// <summary>Memory that PTX addresses: pieces with nothing between them, so that an address which leaves its piece is found.</summary>
internal sealed class PtxMemory
{
    private const ulong Gap = 1 << 12;

    private readonly List<(ulong Start, byte[] Bytes)> pieces = [];
    private ulong end = Gap;

    /// <summary>A piece that holds these values; <see cref="Read"/> gives them back as kernels left them.</summary>
    /// <returns>Its address, a multiple of 256.</returns>
    public ulong Put<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        var start = end;
        pieces.Add((start, MemoryMarshal.AsBytes(values).ToArray()));
        end = (start + (ulong)pieces[^1].Bytes.Length + 2 * Gap - 1) / Gap * Gap;
        return start;
    }

    public T[] Read<T>(ulong start) where T : unmanaged => MemoryMarshal.Cast<byte, T>(pieces.Single(piece => piece.Start == start).Bytes).ToArray();

    public Span<byte> At(ulong address, int bytes)
    {
        foreach (var (start, piece) in pieces)
            if (address >= start && address - start + (ulong)bytes <= (ulong)piece.Length)
                return address % (ulong)bytes == 0 ? piece.AsSpan((int)(address - start), bytes)
                    : throw new PtxFault($"takes {bytes} bytes at {address:x}, which is no multiple of them");
        throw new PtxFault($"takes {bytes} bytes at {address:x}, where no memory is");
    }
}

/// <summary>A kernel did what a device would not stand.</summary>
internal sealed class PtxFault(string what) : Exception($"The kernel {what}.");
