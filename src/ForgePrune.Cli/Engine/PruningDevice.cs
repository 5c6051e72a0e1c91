using ForgePrune.Errors;
using ForgePrune.Kernels;
using ForgePrune.Kernels.Gpu;

namespace ForgePrune.Cli.Engine;

/// <summary>The GPU, or every one of them, that computes Grams, levels and refits, where the user names it.</summary>
internal sealed class PruningDevice : IDisposable
{
    private readonly IReadOnlyList<GpuDevice> devices;
    private readonly GpuPruning[] members;

    private PruningDevice(IReadOnlyList<GpuDevice> devices)
    {
        this.devices = devices;
        members = [.. devices.Select(device => new GpuPruning(device))];
        Compute = new DevicePool(members);
    }

    public IPruningDevice Compute { get; }

    /// <returns>Null for the processor.</returns>
    /// <exception cref="BrokenEnvironmentException">There is no such device.</exception>
    public static PruningDevice? Open(string name)
    {
        if (name == "cpu")
            return null;
        try
        {
            return new PruningDevice(name == "cuda:all" ? GpuDevice.OpenEveryCuda() : [GpuDevice.Open(name)]);
        }
        catch (GpuDeviceException missing)
        {
            throw new BrokenEnvironmentException(missing.Message, missing);
        }
    }

    public void Dispose()
    {
        Array.ForEach(members, member => member.Dispose());
        foreach (var device in devices)
            device.Dispose();
    }
}
