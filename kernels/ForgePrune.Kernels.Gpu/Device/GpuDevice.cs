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

    private readonly Context context;

    private GpuDevice(Context context, Accelerator accelerator, int lanes)
    {
        (this.context, Accelerator, Lanes) = (context, accelerator, lanes);
        LetsGo = accelerator is CudaAccelerator;
        Shared = accelerator is CudaAccelerator cuda ? LentMemory.Cuda(cuda.DeviceId) : null;
        Leave();
    }

    /// <summary>The ILGPU accelerator behind the device.</summary>
    public Accelerator Accelerator { get; }

    /// <summary>The name that the driver gives the device.</summary>
    public string Name => Accelerator.Name;

    /// <summary>The memory of the device in bytes.</summary>
    public long MemoryBytes => Accelerator.MemorySize;

    /// <summary>The number of lanes of one group, a square number: what the kernels are launched with.</summary>
    public int Lanes { get; }

    /// <summary>Whether it has tensor cores that take tf32 and bf16: CUDA from sm_80 on.</summary>
    public bool HasTensorCores => Accelerator is CudaAccelerator { Architecture.Major: >= 8 };

    /// <summary>Bytes that matrices take at the moment, and the most they took since <see cref="Watch"/>.</summary>
    internal long Taken { get; private set; }

    internal long MostTaken { get; private set; }

    /// <summary>What every byte of a new matrix holds. Tests make it 0xFF, so that NaN tells what is read before it was written.</summary>
    internal byte Fresh { get; set; }

    /// <summary>Opens a device.</summary>
    /// <param name="name"><c>cuda</c>, <c>opencl</c> (the first one, or <c>cuda:1</c> for the second), or <c>ilgpu-cpu</c>, which is for checking kernels and slow:
    /// 16 lanes that meet at barriers, 4 or 1 of them, <c>ilgpu-cpu:1</c>, for whole runs, or 256, which the tiles of float32 need.</param>
    /// <exception cref="GpuDeviceException">The name is none of these, or this machine has no such device.</exception>
    public static GpuDevice Open(string name)
    {
        var parts = name.Split(':');
        if (parts.Length > 2 || (parts.Length == 2 && !(int.TryParse(parts[1], out var number) && number >= 0)))
            throw GpuDeviceException.Unknown(name);
        var index = parts.Length == 2 ? int.Parse(parts[1]) : 0;
        var lanes = parts[0] != "ilgpu-cpu" ? GpuLanes : parts.Length == 1 ? CpuLanes : index;
        return parts[0] switch
        {
            "cuda" => First<CudaDevice>(Create(builder => builder.Cuda()), index, name, lanes),
            "opencl" => OpenCl(index, name, lanes),
            "ilgpu-cpu" when lanes is 1 or 4 or CpuLanes or GpuLanes =>
                First<CPUDevice>(Create(builder => builder.CPU(new CPUDevice(4, Math.Max(CpuLanes, lanes) / 4, 1))), 0, name, lanes),
            _ => throw GpuDeviceException.Unknown(name),
        };
    }

    /// <summary>Opens every CUDA device of this machine, which must all be of one kind: only then it makes no difference which computes what.</summary>
    /// <exception cref="GpuDeviceException">There is none, or they differ.</exception>
    public static IReadOnlyList<GpuDevice> OpenEveryCuda()
    {
        const string name = "cuda:all";
        List<GpuDevice> devices = [First<CudaDevice>(Create(builder => builder.Cuda()), 0, name, GpuLanes)];
        try
        {
            for (var count = devices[0].context.Devices.OfType<CudaDevice>().Count(); devices.Count < count;)
                devices.Add(First<CudaDevice>(Create(builder => builder.Cuda()), devices.Count, name, GpuLanes));
            if (devices.Exists(device => device.Name != devices[0].Name))
                throw GpuDeviceException.Mixed(devices.Select(device => device.Name));
            return devices;
        }
        catch
        {
            devices.ForEach(device => device.Dispose());
            throw;
        }
    }

    /// <summary>Whether <see cref="Use"/> lets the thread go in the end: on CUDA. Tests do so elsewhere.</summary>
    internal bool LetsGo { get; set; }

    /// <summary>What other libraries call the device's memory, where they can take of it: on CUDA. Tests name it elsewhere.</summary>
    internal LentMemory? Shared { get; set; }

    /// <summary>The calling thread is the device's until the result is disposed of.</summary>
    /// <remarks>
    /// ILGPU leaves its context current on every thread that called it. CUDA's runtime then takes that context for its own (CUDA Driver API, "Interactions with
    /// the CUDA Runtime API"), and ONNX Runtime, called next on the thread, would allocate and wait in a context in which its kernels do not run.
    /// </remarks>
    internal DeviceUse Use() => new(this);

    /// <summary>Begins to look for the most that is taken.</summary>
    internal void Watch() => MostTaken = Taken;

    internal void Take(long bytes)
    {
        Taken += bytes;
        MostTaken = Math.Max(MostTaken, Taken);
    }

    internal void GiveBack(long bytes) => Taken -= bytes;

    /// <summary>Throws unless kernels are launched with so many lanes.</summary>
    internal void RequireLanes(int lanes)
    {
        if (Lanes < lanes)
            throw GpuDeviceException.TooNarrow(Name, Lanes, lanes);
    }

    /// <summary>Throws unless tensor cores take this precision.</summary>
    internal void RequireTensorCores(GramPrecision precision)
    {
        if (!HasTensorCores)
            throw GpuDeviceException.NoTensorCores(Name, precision);
    }

    internal void Leave()
    {
        if (LetsGo && Accelerator.Current == Accelerator)
            IdleAccelerator.Bind();
    }

    private static Context Create(Action<Context.Builder> choose)
    {
        DriverLibraries.Resolve();
        return Context.Create(builder =>
        {
            choose(builder);
            // O2 takes branches for uniform that are not; see ILGPU's own default.
            builder.Optimize(OptimizationLevel.O1);
        });
    }

    private static GpuDevice OpenCl(int index, string name, int lanes)
    {
        List<string> refused = [];
        var context = Create(builder => builder.OpenCL(device =>
        {
            if (OpenClDevices.Lack(device) is not { } lack)
                return true;
            refused.Add($"{device.Name} ({device.PlatformName}) {lack}");
            return false;
        }));
        return First<CLDevice>(context, index, name, lanes, refused);
    }

    private static GpuDevice First<TDevice>(Context context, int index, string name, int lanes, IReadOnlyList<string>? refused = null) where TDevice : Device
    {
        try
        {
            var devices = context.Devices.OfType<TDevice>().ToArray();
            return index < devices.Length ? new(context, Open(devices[index], context), lanes)
                : throw GpuDeviceException.Missing(name, devices.Length, refused ?? []);
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    private static Accelerator Open(Device device, Context context)
    {
        try
        {
            return device.CreateAccelerator(context);
        }
        catch (AcceleratorException refusal)
        {
            throw GpuDeviceException.Unusable(device.Name, refusal);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Accelerator.Dispose();
        context.Dispose();
    }
}

/// <summary>A thread's use of a device, which ends.</summary>
internal readonly struct DeviceUse(GpuDevice device) : IDisposable
{
    /// <summary>Lets the thread go.</summary>
    public void Dispose() => device.Leave();
}
