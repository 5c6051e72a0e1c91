using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ForgePrune.Ilgpu;

/// <summary>A piece of memory of the simulated device. It lies at a fixed address, so that an access is known by where it goes.</summary>
internal sealed unsafe class DeviceMemory : IDisposable
{
    // Whatever is read before it is written is not a number, or minus one.
    private const byte Poison = 0xFF;

    private readonly Shadow[] _shadow;
    private readonly long _bytes;
    private readonly int _elementBytes, _cell;
    private bool _freed;

    /// <param name="elementBytes">Bytes of the elements it was made for.</param>
    public DeviceMemory(long bytes, int elementBytes, string name)
    {
        (_bytes, _elementBytes, Name) = (bytes, elementBytes, name);
        // A cell of the shadow for each four bytes where nothing smaller was asked for.
        _cell = elementBytes % 4 == 0 ? 4 : 1;
        _shadow = new Shadow[bytes / _cell];
        Start = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(1, bytes), 64);
        Forget();
    }

    public nint Start { get; }

    /// <summary>What it is, for sentences.</summary>
    public string Name { get; }

    public nint End => Start + (nint)_bytes;

    /// <summary>Nothing of it is written any more.</summary>
    public void Forget()
    {
        new Span<byte>((void*)Start, checked((int)_bytes)).Fill(Poison);
        Array.Clear(_shadow);
    }

    public ref T At<T>(long offset) where T : unmanaged
    {
        if (_freed)
            throw Freed();
        return ref *(T*)(Start + (nint)offset);
    }

    public Span<T> Span<T>(long offset, int length) where T : unmanaged => _freed ? throw Freed() : new((void*)(Start + (nint)offset), length);

    public void RequireWhole(long offset, int elementBytes, Type type)
    {
        if (elementBytes % _cell != 0)
            throw new NotSupportedException($"A view of {Name} as {type.Name}: the simulation watches it in pieces of {_cell} bytes.");
        if (offset % Math.Min(16, elementBytes) != 0)
            throw KernelFault.OutOfBounds($"casts a view to {type.Name}, {elementBytes} bytes, that begins at byte {offset} of {Name}");
    }

    public void MarkWritten<T>(long offset, long length) where T : unmanaged
    {
        foreach (ref var cell in Cells(offset, length * Unsafe.SizeOf<T>()))
            cell.Written = true;
    }

    public void RequireWritten<T>(long offset, long length) where T : unmanaged
    {
        foreach (ref var cell in Cells(offset, length * Unsafe.SizeOf<T>()))
            if (!cell.Written)
                throw KernelFault.Unwritten($"copies {Name}, of which not all was ever written");
    }

    public void OnRead(Lane lane, nint address, int bytes)
    {
        foreach (ref var cell in Cells(address - Start, bytes))
        {
            if (!cell.Written)
                throw KernelFault.Unwritten($"reads element {Element(address)} of {Name}, which was never written");
            if (cell.Read(lane.Run, lane.Now) is { } earlier)
                throw KernelFault.Race("reads", this, Element(address), earlier, "wrote");
        }
    }

    public void OnWrite(Lane lane, nint address, int bytes)
    {
        foreach (ref var cell in Cells(address - Start, bytes))
            if (cell.Write(lane.Run, lane.Now) is { } conflict)
                throw KernelFault.Race("writes", this, Element(address), conflict.Earlier, conflict.Wrote ? "wrote" : "read");
    }

    public void Dispose()
    {
        if (!_freed)
            NativeMemory.AlignedFree((void*)Start);
        _freed = true;
    }

    private Span<Shadow> Cells(long offset, long bytes) => _shadow.AsSpan((int)(offset / _cell), (int)((bytes + _cell - 1) / _cell));

    private long Element(nint address) => (address - Start) / _elementBytes;

    private KernelFault Freed() => KernelFault.OutOfBounds($"uses {Name} after it was given back");
}
