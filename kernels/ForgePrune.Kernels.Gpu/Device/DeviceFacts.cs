using ILGPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace ForgePrune.Kernels.Gpu;

/// <summary>What the driver of an open device says of it.</summary>
/// <param name="MemoryBytes">Null where the device has none of its own.</param>
/// <param name="Driver">Which interface, platform and driver, each with its version.</param>
/// <param name="ComputeCapability">NVIDIA's number for what the chip can do.</param>
public sealed record DeviceFacts(string Name, long? MemoryBytes, string Driver, string? ComputeCapability)
{
    public static DeviceFacts Of(GpuDevice device) => device.Accelerator.Device switch
    {
        CudaDevice cuda => new(cuda.Name, cuda.MemorySize, CudaSurvey.Driver(cuda.DriverVersion), CudaSurvey.ComputeCapability(cuda)),
        CLDevice opencl => new(opencl.Name, opencl.MemorySize, OpenClSurvey.Driver(opencl), null),
        var other => new(other.Name, null, $"ILGPU {typeof(Context).Assembly.GetName().Version!.ToString(3)}", null),
    };
}
