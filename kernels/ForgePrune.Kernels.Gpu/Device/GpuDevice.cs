using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace ForgePrune.Kernels.Gpu;

/// <summary>A device on which kernels run, with its context. One thread at a time.</summary>
public sealed class GpuDevice : IDisposable
{
    // ILGPU's CPU accelerator runs every lane as a thread of its own and barriers cost with their number: enough to exercise a kernel, no more.
    private const int CpuLanes = 16, GpuLanes = 256;

    private readonly Context _context;

    private GpuDevice(Context context, Device device) => (_context, Accelerator) = (context, device.CreateAccelerator(context));

    /// <summary>The ILGPU accelerator behind it.</summary>
    public Accelerator Accelerator { get; }

    /// <summary>The device's own name.</summary>
    public string Name => Accelerator.Name;

    /// <summary>Memory of the device in bytes.</summary>
    public long MemoryBytes => Accelerator.MemorySize;

    /// <summary>Lanes of one group, a square number: what the kernels here are launched with.</summary>
    public int Lanes => Accelerator is CPUAccelerator ? CpuLanes : GpuLanes;

    /// <summary>Opens a device.</summary>
    /// <param name="name"><c>cuda</c>, <c>opencl</c> (the first one, or <c>cuda:1</c> for the second), or <c>ilgpu-cpu</c>, which is for checking kernels and slow.</param>
    /// <exception cref="GpuDeviceException">The name is none of these, or this machine has no such device.</exception>
    public static GpuDevice Open(string name)
    {
        var parts = name.Split(':');
        if (parts.Length > 2 || (parts.Length == 2 && !(int.TryParse(parts[1], out var number) && number >= 0)))
            throw GpuDeviceException.Unknown(name);
        var index = parts.Length == 2 ? int.Parse(parts[1]) : 0;
        return parts[0] switch
        {
            "cuda" => First<CudaDevice>(Create(builder => builder.Cuda()), index, name),
            "opencl" => First<CLDevice>(Create(builder => builder.OpenCL()), index, name),
            "ilgpu-cpu" => Cpu(CpuLanes, index, name),
            _ => throw GpuDeviceException.Unknown(name),
        };
    }

    /// <summary>Opens ILGPU's CPU accelerator with groups of up to <paramref name="lanes"/> lanes, a multiple of 4: the tiles of float32 need 256.</summary>
    public static GpuDevice OpenCpu(int lanes) => Cpu(lanes, 0, "ilgpu-cpu");

    /// <summary>Throws unless groups may have so many lanes.</summary>
    internal void RequireLanes(int lanes)
    {
        if (Accelerator.MaxNumThreadsPerGroup < lanes)
            throw GpuDeviceException.TooNarrow(Name, Accelerator.MaxNumThreadsPerGroup, lanes);
    }

    private static GpuDevice Cpu(int lanes, int index, string name) =>
        First<CPUDevice>(Create(builder => builder.CPU(new CPUDevice(4, lanes / 4, 1))), index, name);

    private static Context Create(Action<Context.Builder> choose)
    {
        CudaLibrary.Resolve();
        return Context.Create(builder =>
        {
            choose(builder);
            // O2 takes branches for uniform that are not; see ILGPU's own default.
            builder.Optimize(OptimizationLevel.O1);
        });
    }

    private static GpuDevice First<TDevice>(Context context, int index, string name) where TDevice : Device
    {
        var devices = context.Devices.OfType<TDevice>().ToArray();
        if (index < devices.Length)
            return new(context, devices[index]);
        context.Dispose();
        throw GpuDeviceException.Missing(name, devices.Length);
    }

    public void Dispose()
    {
        Accelerator.Dispose();
        _context.Dispose();
    }
}
