using ForgePrune.Ilgpu;

namespace ILGPU.Runtime;

/// <summary>An opened device, as in ILGPU. Launches run at once and to their end, in the order in which they are called.</summary>
public abstract class Accelerator : IDisposable
{
    private protected Accelerator(string name, int largestGroup) => (Name, LargestGroup) = (name, largestGroup);

    public string Name { get; }

    /// <summary>Bytes of memory; what the simulation allows itself.</summary>
    public long MemorySize => 1L << 30;

    internal int LargestGroup { get; }

    internal MemoryMap Map { get; } = new();

    /// <summary>Memory that holds nothing until it is written.</summary>
    public MemoryBuffer1D<T, Stride1D.Dense> Allocate1D<T>(long length) where T : unmanaged => new(Map, length);

    /// <summary>Nothing is ever under way.</summary>
    public void Synchronize()
    {
    }

    public void Dispose() => Map.Dispose();
}
