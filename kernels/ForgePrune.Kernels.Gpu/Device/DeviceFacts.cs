using ILGPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace ForgePrune.Kernels.Gpu;

/// <summary>What the driver of an open device says of it.</summary>
/// <param name="Name">Name of the device.</param>
/// <param name="MemoryBytes">Memory in bytes; null where the device has none of its own.</param>
/// <param name="Driver">Interface, platform and driver, each with its version.</param>
/// <param name="ComputeCapability">NVIDIA's number for what the chip can do, such as 9.0; null elsewhere.</param>
public sealed record DeviceFacts(string Name, long? MemoryBytes, string Driver, string? ComputeCapability)
{
    /// <summary>Asks the driver of a device.</summary>
    /// <param name="device">An open device.</param>
    public static DeviceFacts Of(GpuDevice device) => device.Accelerator.Device switch
    {
        CudaDevice cuda => new(cuda.Name, cuda.MemorySize, CudaSurvey.Driver(cuda.DriverVersion), CudaSurvey.ComputeCapability(cuda)),
        CLDevice opencl => new(opencl.Name, opencl.MemorySize, OpenClSurvey.Driver(opencl), null),
        var other => new(other.Name, null, $"ILGPU {typeof(Context).Assembly.GetName().Version!.ToString(3)}", null),
    };
}
