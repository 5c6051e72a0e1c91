using System.Globalization;
using System.Text.RegularExpressions;

namespace ForgePrune.GpuPerf;

/// <summary>What NVIDIA's assembler makes of a kernel; it comes with CUDA and needs no GPU.</summary>
/// <param name="Registers">Of a lane.</param>
/// <param name="SpillBytes">Stored and loaded because registers ran out.</param>
/// <param name="StackBytes">Memory that a lane has besides.</param>
internal sealed partial record Ptxas(int Registers, int SpillBytes, int StackBytes)
{
    /// <summary>Two groups of 256 lanes share the 65,536 registers of a multiprocessor.</summary>
    public const int RegistersForTwoGroups = 128;

    private const string Program = "ptxas";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Its release, such as 13.0; null where it is not on PATH.</summary>
    public static string? Release() =>
        Child.Run(Program, ["--version"], Limit) is { Code: 0 } version ? ReleaseNumber().Match(version.Output).Groups["release"].Value : null;

    /// <param name="file">PTX of one kernel.</param>
    /// <param name="target">Such as sm_90.</param>
    /// <exception cref="InvalidOperationException">It refuses the kernel.</exception>
    public static Ptxas Assemble(string file, string target)
    {
        var run = Child.Run(Program, ["-v", "-arch", target, "-o", "/dev/null", file], Limit);
        var text = run.Output + run.Error;
        return run.Code == 0 && Memory().Match(text) is { Success: true } memory && Used().Match(text) is { Success: true } used
            ? new(Number(used, "registers"), Number(memory, "stores") + Number(memory, "loads"), Number(memory, "stack"))
            : throw new InvalidOperationException($"ptxas refuses {Path.GetFileName(file)} for {target}: {text}");
    }

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"release (?<release>[\d.]+)")]
    private static partial Regex ReleaseNumber();

    [GeneratedRegex(@"(?<stack>\d+) bytes stack frame, (?<stores>\d+) bytes spill stores, (?<loads>\d+) bytes spill loads")]
    private static partial Regex Memory();

    [GeneratedRegex(@"Used (?<registers>\d+) registers")]
    private static partial Regex Used();
}
