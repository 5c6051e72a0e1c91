namespace ForgePrune.Kernels.Gpu;

/// <summary>The compiled steps of the removal of blocks, shared by all sweeps of a device.</summary>
internal sealed class GroupSteps(GpuDevice device, GpuProduct product, GpuGather gather)
{
    public GpuDevice Device => device;

    public GpuProduct Product => product;

    public GpuGather Gather => gather;

    public GpuTrace Trace { get; } = new(device);
}
