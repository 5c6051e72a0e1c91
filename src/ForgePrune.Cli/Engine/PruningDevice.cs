using ForgePrune.Errors;
using ForgePrune.Kernels;
#if ILGPU
using ForgePrune.Kernels.Gpu;
#endif

namespace ForgePrune.Cli.Engine;

/// <summary>The GPU, or every one of them, that computes Grams, levels and refits, where the user names it.</summary>
internal sealed class PruningDevice : IDisposable
{
#if ILGPU
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
#else
    private PruningDevice()
    {
    }

    public IPruningDevice Compute => new Processor();

    /// <returns>Null for the processor.</returns>
    /// <exception cref="BrokenEnvironmentException">This build has no GPU kernels.</exception>
    public static PruningDevice? Open(string name) => name == "cpu"
        ? null
        : throw new BrokenEnvironmentException($"--device {name} needs ILGPU, which this build was made without because NuGet lacked it; restore ILGPU and build again, or use --device cpu");

    public void Dispose()
    {
    }
#endif
}
