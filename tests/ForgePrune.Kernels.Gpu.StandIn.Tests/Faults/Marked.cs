using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace ForgePrune.Kernels.Gpu.StandIn.Tests.Faults;

/// <summary>The fault that a toy kernel was given, read from the comment in its source.</summary>
/// <param name="Line">Line in the file.</param>
/// <param name="Lane">The lane that does it.</param>
internal sealed partial record Marked(int Line, int Lane)
{
    /// <summary>The first mark behind the kernel's declaration.</summary>
    public static Marked Of(string kernel)
    {
        var lines = File.ReadAllLines(Path.Combine(Path.GetDirectoryName(Here())!, "..", "Toys", "FaultyKernels.cs"));
        var declared = Array.FindIndex(lines, line => line.Contains($" void {kernel}("));
        var at = Array.FindIndex(lines, declared, line => Mark().IsMatch(line));
        return new(at + 1, int.Parse(Mark().Match(lines[at]).Groups["lane"].Value));
    }

    private static string Here([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"// fault: lane (?<lane>\d+)")]
    private static partial Regex Mark();
}
