using ForgePrune.Errors;
using ForgePrune.Kernels;
#if ILGPU
using ForgePrune.Kernels.Gpu;
#endif

namespace ForgePrune.Cli.Engine;

/// <summary>The GPU that finds the orders of channels, where the user names one.</summary>
internal sealed class ChannelDevice : IDisposable
{
#if ILGPU
    private readonly GpuDevice device;
    private readonly GpuOrdering ordering;

    private ChannelDevice(GpuDevice device) => (this.device, ordering) = (device, new GpuOrdering(device));

    public IChannelOrdering Ordering => ordering;

    /// <returns>Null for the processor.</returns>
    /// <exception cref="BrokenEnvironmentException">There is no such device.</exception>
    public static ChannelDevice? Open(string name)
    {
        if (name == "cpu")
            return null;
        try
        {
            return new ChannelDevice(GpuDevice.Open(name));
        }
        catch (GpuDeviceException missing)
        {
            throw new BrokenEnvironmentException(missing.Message, missing);
        }
    }

    public void Dispose()
    {
        ordering.Dispose();
        device.Dispose();
    }
#else
    private ChannelDevice()
    {
    }

    public IChannelOrdering Ordering => new ProcessorOrdering();

    /// <returns>Null for the processor.</returns>
    /// <exception cref="BrokenEnvironmentException">This build has no GPU kernels.</exception>
    public static ChannelDevice? Open(string name) => name == "cpu"
        ? null
        : throw new BrokenEnvironmentException($"--device {name} needs ILGPU, which this build was made without because NuGet lacked it; restore ILGPU and build again, or use --device cpu");

    public void Dispose()
    {
    }
#endif
}
