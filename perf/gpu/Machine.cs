using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using ForgePrune.Kernels.Gpu;
using ForgePrune.Onnx;
using ILGPU;

namespace ForgePrune.GpuPerf;

/// <summary>What was measured on, and what was measured.</summary>
/// <param name="Date">Day of the run, ISO.</param>
internal sealed record Machine(
    DeviceFacts Device, int Processors, string System, string Date, string ForgePrune, string DotNet, string Ilgpu, string? OnnxRuntime)
{
    public static Machine Of(GpuDevice device) => new(
        DeviceFacts.Of(device), Environment.ProcessorCount, RuntimeInformation.OSDescription,
            DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        typeof(Machine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion, $"{Environment.Version}",
        typeof(Context).Assembly.GetName().Version!.ToString(3), OnnxLibraries.Look().OnnxRuntime);

    /// <summary>All of it in one line.</summary>
    public string Text => string.Join(", ", Of(Device)) + FormattableString.Invariant(
        $"; {Processors} processors, {System}; ForgePrune {ForgePrune}, .NET {DotNet}, ILGPU {Ilgpu}, ONNX Runtime {OnnxRuntime ?? "missing"}; {Date}:");

    private static IEnumerable<string> Of(DeviceFacts device)
    {
        yield return device.Name;
        if (device.ComputeCapability is { } capability)
            yield return $"compute capability {capability}";
        if (device.MemoryBytes is { } bytes)
            yield return FormattableString.Invariant($"{bytes / 1e9:f0} GB");
        yield return device.Driver;
    }
}
