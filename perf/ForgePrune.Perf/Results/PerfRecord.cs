using System.Text.Json;

namespace ForgePrune.Perf.Results;

/// <summary>All that was measured on one machine in one run, with what it was measured on.</summary>
/// <param name="Date">Day of the run, ISO.</param>
/// <param name="Kernels">The implementation that ran.</param>
/// <param name="OpenBlas">Version and kernels of OpenBLAS, and of BLIS where it was there, as they describe themselves.</param>
internal sealed record PerfRecord(string Machine, int Processors, string Date, string DotNet, string Kernels, string OpenBlas, IReadOnlyList<PerfRow> Rows)
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true, IgnoreReadOnlyProperties = true };

    public static IEnumerable<PerfRecord> ReadAll(string folder) => Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal)
        .Select(file => JsonSerializer.Deserialize<PerfRecord>(File.ReadAllText(file), Indented)!);

    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this, Indented) + "\n");
}
