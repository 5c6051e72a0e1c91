using System.Text.RegularExpressions;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>Something that Oclgrind found.</summary>
/// <param name="What">Its first line, as <c>Read-write data race at local memory address 0x1000000000000</c>.</param>
/// <param name="Kernel">Name of the kernel's method.</param>
/// <param name="Lines">The lines of OpenCL that have part in it, as numbers and text.</param>
/// <param name="Lanes">The lanes of their groups that do it, where they are told.</param>
internal sealed partial record Finding(string What, string Kernel, IReadOnlyList<string> Lines, IReadOnlyList<int> Lanes)
{
    public bool IsRace => What.Contains("data race at", StringComparison.Ordinal);

    public static IReadOnlyList<Finding> Parse(string log) =>
    [
        .. Start().Matches(log).Select(start => (What: start.Groups["what"].Value, Kernel: start.Groups["kernel"].Value, At: start.Index)) is var starts
            ? starts.Zip(starts.Select(start => start.At).Skip(1).Append(log.Length), (start, end) => Of(start.What, start.Kernel, log[start.At..end]))
            : [],
    ];

    private static Finding Of(string what, string kernel, string text) => new(
        what, kernel,
        [.. Line().Matches(text).Select(line => $"line {line.Groups["number"].Value}: {line.Groups["text"].Value}")],
        [.. Lane().Matches(text).Select(lane => int.Parse(lane.Groups["x"].Value))]);

    public override string ToString() => $"{Kernel}: {What}, lanes {string.Join(" and ", Lanes)}, {string.Join(" and ", Lines)}";

    // ILGPU calls the kernel of a method so.
    [GeneratedRegex(@"^(?<what>\S.*)\n\s+Kernel:\s+Kernel_(?<kernel>\w+)", RegexOptions.Multiline)]
    private static partial Regex Start();

    [GeneratedRegex(@"At line (?<number>\d+) .*\n\s*(?<text>.*\S)")]
    private static partial Regex Line();

    [GeneratedRegex(@"Local\((?<x>\d+),")]
    private static partial Regex Lane();
}
