namespace ForgePrune.Kernels.Gpu;

/// <summary>A GPU by its name, or every CUDA GPU of the machine.</summary>
/// <param name="name">As <see cref="GpuDevice.Open(string)"/> takes it, or <c>cuda:all</c>.</param>
public sealed class GpuComputeDevice(string name) : ComputeDevice
{
    private const string EveryCuda = "cuda:all";

    /// <inheritdoc/>
    public override string Name { get; } = name;

    /// <inheritdoc/>
    /// <exception cref="GpuDeviceException">The name is unknown, or this machine has no such device.</exception>
    public override OpenedDevice Open(int threads)
    {
        var devices = Name == EveryCuda ? GpuDevice.OpenEveryCuda() : [GpuDevice.Open(Name)];
        GpuPruning[] members = [.. devices.Select(device => new GpuPruning(device, threads))];
        return new OpenedDevice(new DevicePool(members), [.. members, .. devices]);
    }
}
