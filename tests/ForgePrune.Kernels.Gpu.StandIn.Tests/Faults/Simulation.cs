using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace ForgePrune.Kernels.Gpu.StandIn.Tests.Faults;

/// <summary>The simulation with groups as on a GPU.</summary>
internal sealed class Simulation : IDisposable
{
    private readonly Context _context = Context.Create(builder => builder.Cuda());

    public Simulation() => Accelerator = _context.Devices[0].CreateAccelerator(_context);

    public Accelerator Accelerator { get; }

    /// <summary>A buffer of 0, 1, 2 …</summary>
    public MemoryBuffer1D<int, Stride1D.Dense> Numbers(int length)
    {
        var buffer = Accelerator.Allocate1D<int>(length);
        buffer.View.CopyFromCPU([.. Enumerable.Range(0, length)]);
        return buffer;
    }

    public void Dispose()
    {
        Accelerator.Dispose();
        _context.Dispose();
    }
}
