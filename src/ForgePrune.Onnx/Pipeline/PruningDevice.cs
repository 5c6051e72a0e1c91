using ForgePrune.Errors;
using ForgePrune.Kernels;
using ForgePrune.Kernels.Gpu;

namespace ForgePrune.Onnx.Pipeline;

/// <summary>What computes Grams, levels and refits: the processor, or the GPU that the user names, or every one of them.</summary>
internal sealed class PruningDevice : IDisposable
{
    private readonly IDisposable[] held;

    private PruningDevice(IPruningDevice compute, params IDisposable[] held) => (Compute, this.held) = (compute, held);

    public IPruningDevice Compute { get; }

    /// <param name="threads">Of the processor, for what it computes itself and for the work around a GPU.</param>
    /// <exception cref="BrokenEnvironmentException">There is no such device.</exception>
    public static PruningDevice Open(string name, int threads) => name == "cpu" ? new PruningDevice(new CpuDevice(threads)) : OpenGpu(name, threads);

    private static PruningDevice OpenGpu(string name, int threads)
    {
        try
        {
            var devices = name == "cuda:all" ? GpuDevice.OpenEveryCuda() : [GpuDevice.Open(name)];
            GpuPruning[] members = [.. devices.Select(device => new GpuPruning(device, threads))];
            return new PruningDevice(new DevicePool(members), [.. members, .. devices]);
        }
        catch (GpuDeviceException missing)
        {
            throw new BrokenEnvironmentException(missing.Message, missing);
        }
    }

    public void Dispose() => Array.ForEach(held, one => one.Dispose());
}
