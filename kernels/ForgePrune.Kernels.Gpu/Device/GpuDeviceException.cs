namespace ForgePrune.Kernels.Gpu;

/// <summary>A device that was asked for by name cannot be had.</summary>
public sealed class GpuDeviceException : Exception
{
    private GpuDeviceException(string message) : base(message)
    {
    }

    internal static GpuDeviceException Unknown(string name) =>
        new($"'{name}' names no device; allowed are cuda, opencl, each with a number such as cuda:1, and ilgpu-cpu.");

    internal static GpuDeviceException TooSmall(string name, int n, int rows, long needed, long there) => new(
        $"A layer of {rows} x {n} takes {needed >> 20} MiB on '{name}', which has {there >> 20} MiB; take a device with more memory, or leave --device at cpu.");

    internal static GpuDeviceException TooNarrow(string name, int most, int lanes) =>
        new($"'{name}' runs groups of at most {most} lanes, and this kernel needs {lanes}; take another device.");

    internal static GpuDeviceException Missing(string name, int found) =>
        new($"There is no device '{name}' on this machine ({found} of this kind found); install its driver, or leave --device at cpu.");
}
