namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>The devices that the suite runs on: ILGPU's CPU accelerator always; a GPU where there is one, and inconclusive where not.</summary>
internal static class Devices
{
    private static readonly Dictionary<string, GpuDevice> Opened = [];

    public static string[] Names => ["ilgpu-cpu", "cuda", "opencl"];

    /// <summary>A device for kernels that choose the size of their groups by <see cref="GpuDevice.Lanes"/>.</summary>
    public static GpuDevice Open(string name) => Open(name, name, () => GpuDevice.Open(name));

    /// <summary>A device for kernels that need groups of 256 lanes.</summary>
    public static GpuDevice OpenWide(string name) =>
        name == "ilgpu-cpu" ? Open(name, name + ", wide", () => GpuDevice.OpenCpu(256)) : Open(name);

    private static GpuDevice Open(string name, string key, Func<GpuDevice> open)
    {
        lock (Opened)
        {
            if (Opened.TryGetValue(key, out var device))
                return device;
            try
            {
                return Opened[key] = open();
            }
            catch (GpuDeviceException missing) when (name != "ilgpu-cpu")
            {
                Assert.Inconclusive(missing.Message);
                throw;
            }
        }
    }
}
