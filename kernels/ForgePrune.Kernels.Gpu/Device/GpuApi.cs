namespace ForgePrune.Kernels.Gpu;

/// <summary>One interface to GPUs, as this machine offers it.</summary>
/// <param name="Name">CUDA or OpenCL.</param>
/// <param name="Devices">The devices that its drivers list, whether they can be used or not.</param>
/// <param name="Fault">Why they list nothing, or not all; null where nothing is amiss.</param>
/// <param name="Cure">What to do about that.</param>
public sealed record GpuApi(string Name, IReadOnlyList<ListedDevice> Devices, string? Fault = null, string? Cure = null)
{
    /// <summary>Why no device of it can be used, and what to do about that; null where one can.</summary>
    public string? WhyNone => Devices.Any(device => device.Option is not null)
        ? null
        : string.Join("; ", Devices.Select(device => $"{device.Name} cannot be used: {device.Fault}; {device.Cure}").Prepend($"{Fault}; {Cure}")
            .Skip(Fault is null ? 1 : 0));

    /// <summary>Asks the drivers of NVIDIA. A broken one may end the process or never answer: ask in a process of its own where that matters.</summary>
    public static GpuApi Cuda() => Ask("CUDA", CudaSurvey.List);

    /// <summary>The same for the drivers behind OpenCL.</summary>
    public static GpuApi OpenCl() => Ask("OpenCL", OpenClSurvey.List);

    // What a driver may do wrong has no end, and whoever asks wants to hear of it.
    private static GpuApi Ask(string name, Func<string, GpuApi> list)
    {
        try
        {
            return list(name);
        }
        catch (Exception fault)
        {
            return new(name, [], $"its driver cannot be asked: {fault.GetBaseException().Message.ReplaceLineEndings(" ")}", "install the driver anew");
        }
    }
}

/// <summary>A device that a driver lists.</summary>
/// <param name="Name">Name of the device.</param>
/// <param name="Option">What <see cref="GpuDevice.Open(string)"/> calls it; null where it cannot be used.</param>
/// <param name="MemoryBytes">Memory in bytes.</param>
/// <param name="Driver">Interface, platform and driver, each with its version.</param>
/// <param name="ComputeCapability">NVIDIA's number for what the chip can do; null elsewhere.</param>
/// <param name="Fault">Why it cannot be used; null where it can.</param>
/// <param name="Cure">What to do about that.</param>
public sealed record ListedDevice(string Name, string? Option, long MemoryBytes, string Driver, string? ComputeCapability = null, string? Fault = null,
    string? Cure = null);
