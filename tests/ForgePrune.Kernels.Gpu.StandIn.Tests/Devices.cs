namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>The devices that the suite runs on here: the simulation with groups as on ILGPU's own, and with groups as on a GPU.</summary>
internal static class Devices
{
    private static readonly Dictionary<string, GpuDevice> Opened = [];

    public static string[] Names => ["ilgpu-cpu", "cuda"];

    /// <summary>The same with groups of 256 lanes.</summary>
    public static GpuDevice OpenWide(string name) => Open(name == "ilgpu-cpu" ? "ilgpu-cpu:256" : name);

    public static GpuDevice Open(string name)
    {
        lock (Opened)
            return Opened.TryGetValue(name, out var device) ? device : Opened[name] = GpuDevice.Open(name);
    }
}
