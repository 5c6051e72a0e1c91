using ForgePrune.IO;
using ForgePrune.Kernels.Gpu;
using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

/// <summary>GPUs, those that cannot be used with the reason and the cure.</summary>
internal static class GpuTable
{
    public static void Show(IAnsiConsole console, IReadOnlyList<GpuApi> apis) => Rendering.Facts.Show(console, Facts(apis));

    public static IEnumerable<(string Name, string? Value)> Facts(IEnumerable<GpuApi> apis)
    {
        foreach (var api in apis)
        {
            var lines = api.Devices.Select(Line);
            if (api.Fault is not null)
                lines = lines.Prepend($"{(api.Devices.Count == 0 ? "none: " : "")}{api.Fault}; {api.Cure}");
            foreach (var (number, line) in lines.Index())
                yield return (number == 0 ? api.Name : "", line);
        }
    }

    private static string Line(ListedDevice device)
    {
        var facts = new[] { device.Name, device.MemoryBytes > 0 ? Bytes.Show(device.MemoryBytes) : null,
            device.ComputeCapability is { } capability ? $"compute capability {capability}" : null, device.Driver };
        var text = string.Join(", ", facts.Where(fact => fact is not null));
        return device.Option is { } option ? $"{option}: {text}" : $"cannot be used: {text}: {device.Fault}; {device.Cure}";
    }
}
