using System.Globalization;

namespace ForgePrune.Onnx.Providers;

/// <summary>What nvidia-smi says of a GPU, as far as it decides times.</summary>
/// <param name="SmClock">Present clock of its multiprocessors, MHz; null where it is not told, as the next.</param>
/// <param name="MemoryClock">Present clock of its memory, MHz.</param>
/// <param name="HeldDown">Why the clocks are below what they could be: NVIDIA's bits of clocks_event_reasons.active.</param>
internal sealed record GpuConditions(string Name, string Driver, int? SmClock, int? MemoryClock, ulong HeldDown)
{
    private const string Query = "name,driver_version,clocks.sm,clocks.mem,clocks_throttle_reasons.active";

    /// <summary>From NVIDIA's NVML reference, "Clocks Event Reasons". An idle GPU (bit 0) is none that is held down.</summary>
    private static readonly (ulong Bit, string Words)[] Reasons =
    [
        (0x2, "clocks set by an application"), (0x4, "limit of power by software"), (0x8, "hardware slows it down"),
        (0x10, "clocks synchronized with other GPUs"),
        (0x20, "too hot, by software"), (0x40, "too hot, by hardware"), (0x80, "power brake"), (0x100, "clocks of the display"),
    ];

    /// <param name="index">The GPU's number, as CUDA counts.</param>
    /// <returns>Null where there is no nvidia-smi, or none that answers.</returns>
    public static GpuConditions? Ask(int index) =>
        CudaProvider.Address(index) is { } address && NvidiaSmi.Query(Query, address) is { } line ? Read(line) : null;

    /// <param name="line">What nvidia-smi prints: values parted by commas, in the order of the query, "[N/A]" and the like where it knows none.</param>
    /// <returns>Null where it is no such line.</returns>
    public static GpuConditions? Read(string line) => line.Trim().Split(", ") is [var name, var driver, var sm, var memory, var reasons]
        ? new(name, driver, Clock(sm), Clock(memory), Bits(reasons)) : null;

    /// <summary>All of it in one line.</summary>
    public override string ToString()
    {
        string[] held = [.. Reasons.Where(reason => (HeldDown & reason.Bit) != 0).Select(reason => reason.Words)];
        return $"{Name}, driver {Driver}"
            + (SmClock is { } sm ? string.Create(CultureInfo.InvariantCulture, $", {sm} MHz") : "")
            + (MemoryClock is { } memory ? string.Create(CultureInfo.InvariantCulture, $", memory {memory} MHz") : "")
            + (held.Length > 0 ? $", held down: {string.Join(", ", held)}" : "");
    }

    private static int? Clock(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var clock) ? clock : null;

    private static ulong Bits(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits) ? bits : 0;
}
