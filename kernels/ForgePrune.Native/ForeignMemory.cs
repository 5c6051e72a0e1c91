using System.Buffers;

namespace ForgePrune.Native;

/// <summary>Foreign memory for kernels that hold on to it during one call.</summary>
internal sealed unsafe class ForeignMemory(double* data, int length) : MemoryManager<double>
{
    public override Span<double> GetSpan() => new(data, length);

    // It does not move: whoever called keeps it where it is.
    public override MemoryHandle Pin(int elementIndex = 0) => new(data + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
