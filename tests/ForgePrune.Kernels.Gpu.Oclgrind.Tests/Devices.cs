namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>The device that the suite runs on here.</summary>
internal static class Devices
{
    private static WatchedDevice? s_watched;

    public static string[] Names => ["opencl"];

    public static GpuDevice OpenWide(string name) => Open(name);

    public static GpuDevice Open(string name) => (s_watched ??= OclgrindRuntime.Open()).Device;

    /// <summary>What Oclgrind found since this was asked last.</summary>
    public static string Found => s_watched?.NewText() ?? "";
}
