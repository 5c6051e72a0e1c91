using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>Stands in for another library's memory: its addresses are the host's.</summary>
/// <param name="spoil">What happens to bytes on their way; null for nothing.</param>
internal sealed unsafe class HostCopies(Action<Span<byte>>? spoil = null) : ILentCopies
{
    public static LentMemory Memory { get; } = new("made", 0);

    /// <summary>How many are in use.</summary>
    public static int Opened { get; private set; }

    /// <summary>Knows this memory and no other.</summary>
    public static (ILentCopies? Copies, string? Fault) Open(GpuDevice device, LentMemory memory)
    {
        if (memory != Memory)
            return (null, "nobody made it");
        Opened++;
        return (new HostCopies(), null);
    }

    public void Copy(nint from, ArrayView<byte> to)
    {
        if (to.Length == 0)
            return;
        byte[] bytes = [.. new ReadOnlySpan<byte>((void*)from, checked((int)to.Length))];
        spoil?.Invoke(bytes);
        to.CopyFromCPU<byte, ArrayView<byte>>(bytes);
    }

    public nint Put(ReadOnlySpan<byte> bytes)
    {
        var address = (nint)NativeMemory.Alloc((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>((void*)address, bytes.Length));
        return address;
    }

    public void Free(nint address) => NativeMemory.Free((void*)address);

    public void Dispose() => Opened--;
}
