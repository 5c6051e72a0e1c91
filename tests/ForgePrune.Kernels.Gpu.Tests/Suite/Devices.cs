namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>The devices that the suite runs on: ILGPU's CPU accelerator always, OpenCL, which CI requires, and CUDA where there is a GPU.</summary>
internal static class Devices
{
    private static readonly Dictionary<string, GpuDevice> Opened = [];

    public static string[] Names => ["ilgpu-cpu", "cuda", "opencl"];

    /// <summary>The same with groups of 256 lanes.</summary>
    public static GpuDevice OpenWide(string name) => Open(name == "ilgpu-cpu" ? "ilgpu-cpu:256" : name);

    public static GpuDevice Open(string name)
    {
        OpenClDevices.Waived = GenericAddresses.Assumed;
        lock (Opened)
        {
            if (Opened.TryGetValue(name, out var device))
                return device;
            try
            {
                device = GpuDevice.Open(name);
                // NaN, −1 or 255 where a kernel reads what nobody wrote.
                device.Fresh = 0xFF;
                return Opened[name] = device;
            }
            catch (GpuDeviceException missing) when (name == "opencl")
            {
                RequiredDevices.Lacks(missing.Message);
                throw;
            }
            catch (GpuDeviceException missing) when (name == "cuda")
            {
                Assert.Inconclusive(missing.Message);
                throw;
            }
        }
    }
}
