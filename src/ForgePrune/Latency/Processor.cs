namespace ForgePrune.Latency;

/// <summary>The processor that times are measured on.</summary>
internal static class Processor
{
    private const string LinuxFacts = "/proc/cpuinfo";

    /// <summary>The name of the processor; null where the system does not tell it.</summary>
    public static string? Name { get; } =
        (File.Exists(LinuxFacts) ? File.ReadLines(LinuxFacts).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null)?
            .Split(':', 2)[1].Trim() ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
}
