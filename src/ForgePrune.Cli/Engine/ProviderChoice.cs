using System.Globalization;
using ForgePrune.Kernels.Gpu;
using ForgePrune.Onnx.Providers;
using ForgePrune.Serving;

namespace ForgePrune.Cli.Engine;

/// <summary>What exported models run on where the user does not say: the same kind as the device, if this build's ONNX Runtime can.</summary>
internal static class ProviderChoice
{
    private const string Cuda = "cuda";

    /// <param name="asked">Null where the user does not say.</param>
    /// <param name="device">As --device names it.</param>
    public static ServingProvider Of(ServingProvider? asked, string device) => asked ?? Like(device, () => CudaProvider.IsBuilt);

    /// <summary>The provider of a device's kind. Of several GPUs the first serves.</summary>
    /// <param name="hasCuda">Whether ONNX Runtime has its CUDA provider; not asked for other devices.</param>
    public static ServingProvider Like(string device, Func<bool> hasCuda)
    {
        var parts = GpuComputeDevice.Bare(device).Split(':');
        if (parts[0] != Cuda || !hasCuda())
            return ServingProvider.Cpu;
        return ServingProvider.Cuda(parts.Length > 1 && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var index) ? index : 0);
    }
}
