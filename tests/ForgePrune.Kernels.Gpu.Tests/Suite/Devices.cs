namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>The devices that the suite runs on: ILGPU's CPU accelerator always; a GPU where there is one, and inconclusive where not.</summary>
internal static class Devices
{
    private static readonly Dictionary<string, GpuDevice> Opened = [];

    public static string[] Names => ["ilgpu-cpu", "cuda", "opencl"];

    /// <summary>The same with groups of 256 lanes.</summary>
    public static GpuDevice OpenWide(string name) => Open(name == "ilgpu-cpu" ? "ilgpu-cpu:256" : name);

    public static GpuDevice Open(string name)
    {
        lock (Opened)
        {
            if (Opened.TryGetValue(name, out var device))
                return device;
            try
            {
                return Opened[name] = GpuDevice.Open(name);
            }
            catch (GpuDeviceException missing) when (!name.StartsWith("ilgpu-cpu", StringComparison.Ordinal))
            {
                Assert.Inconclusive(missing.Message);
                throw;
            }
        }
    }
}
