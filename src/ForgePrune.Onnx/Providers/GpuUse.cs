using System.Globalization;

namespace ForgePrune.Onnx.Providers;

/// <summary>A GPU as nvidia-smi lists it, and what of its memory nobody has taken.</summary>
/// <param name="Driver">The number of NVIDIA's driver.</param>
/// <param name="Bytes">Of its memory; null where it is not told, as the next.</param>
internal sealed record GpuUse(string Name, string Driver, long? Bytes, long? Free)
{
    private const string Query = "name,driver_version,memory.total,memory.free";

    /// <returns>Null where there is no nvidia-smi, or none that answers.</returns>
    public static IReadOnlyList<GpuUse>? All() => NvidiaSmi.Query(Query) is { } lines ? Read(lines) : null;

    /// <param name="lines">What nvidia-smi prints, in the order of the query; other lines are passed over.</param>
    public static IReadOnlyList<GpuUse> Read(string lines) => [.. lines.Split('\n').Select(line => line.Trim().Split(", "))
        .Where(values => values.Length == 4).Select(values => new GpuUse(values[0], values[1], Mebibytes(values[2]), Mebibytes(values[3])))];

    private static long? Mebibytes(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count << 20 : null;
}
