using System.Runtime.CompilerServices;
using ForgePrune.Ilgpu;

namespace ILGPU;

/// <summary>A part of a memory of the device, as in ILGPU; every index is checked against its length.</summary>
public readonly struct ArrayView<T> where T : unmanaged
{
    private readonly DeviceMemory? _memory;
    private readonly long _offset;

    internal ArrayView(DeviceMemory memory, long offset, long length) => (_memory, _offset, Length) = (memory, offset, length);

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    public int IntLength => checked((int)Length);

    public ref T this[Index1D index] => ref At(index);

    public ref T this[int index] => ref At(index);

    public ref T this[long index] => ref At(index);

    public ArrayView<T> SubView(long index) => SubView(index, Length - index);

    public ArrayView<T> SubView(int index, int length) => SubView((long)index, length);

    public ArrayView<T> SubView(long index, long length) => index >= 0 && length >= 0 && index <= Length - length
        ? new(Memory, _offset + index * Unsafe.SizeOf<T>(), length)
        : throw KernelFault.OutOfBounds($"takes {length} elements from {index} on of a view of {Length}");

    /// <summary>The same bytes as elements of another type; a last one that is not whole is left out.</summary>
    public ArrayView<TOther> Cast<TOther>() where TOther : unmanaged
    {
        Memory.RequireWhole(_offset, Unsafe.SizeOf<TOther>(), typeof(TOther));
        return new(Memory, _offset, Length * Unsafe.SizeOf<T>() / Unsafe.SizeOf<TOther>());
    }

    /// <summary>The bytes on the host's side of the simulation.</summary>
    internal Span<T> Span => Memory.Span<T>(_offset, checked((int)Length));

    internal long Offset => _offset;

    internal DeviceMemory Memory => _memory is null ? throw KernelFault.OutOfBounds("uses a view that was never made") : _memory;

    private ref T At(long index)
    {
        if ((ulong)index >= (ulong)Length)
            throw KernelFault.OutOfBounds($"indexes element {index} of a view of {Length} of {Memory.Name}");
        if (Lane.Current is null)
            throw new InvalidOperationException("The host indexes memory of the device; copy it with CopyToCPU.");
        return ref Memory.At<T>(_offset + index * Unsafe.SizeOf<T>());
    }
}
