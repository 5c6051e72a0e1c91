using ForgePrune.Kernels.Gpu;
using ILGPU.Runtime.Cuda;

namespace ForgePrune.GpuPerf;

/// <summary>The checks once more, at small sizes, under the tools that watch every access of a kernel.</summary>
internal static class SanitizerRows
{
    private const string Program = "compute-sanitizer";
    private const int Found = 99, WrongAnswer = 1;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    // API errors are left to ILGPU, which asks some things to learn that they are not supported.
    private static readonly (string Tool, string Clean, string[] Options)[] Tools =
    [
        ("memcheck", "ERROR SUMMARY: 0 errors", ["--report-api-errors", "no"]),
        ("racecheck", "RACECHECK SUMMARY: 0 hazards", []),
    ];

    /// <param name="folder">Where what they say is kept; null for nowhere.</param>
    public static void Add(Table table, GpuDevice device, Usage usage)
    {
        foreach (var (tool, clean, options) in Tools)
        {
            var what = $"{Program} {tool}";
            if (device.Accelerator is not CudaAccelerator)
                table.Skip(what, "left out: it needs CUDA");
            else if (table.HasTime(what, 20))
                Add(table, what, clean, usage, tool, ["--tool", tool, .. options]);
        }
    }

    private static void Add(Table table, string what, string clean, Usage usage, string tool, string[] options)
    {
        var limit = table.Left < Longest ? table.Left : Longest;
        var run = Child.Run(Program, [.. options, "--error-exitcode", $"{Found}", "--print-limit", "20", .. Self, "--device", usage.Device, "--checks"], limit);
        if (usage.Out is not null)
            File.WriteAllText(Path.Combine(usage.Out, $"{tool}.log"), run.Output + run.Error);
        var (text, isWrong) = Judge(run, clean);
        if (isWrong)
            table.Wrong(what, text);
        else
            table.Skip(what, text);
    }

    /// <param name="clean">What the tool says in the end where it found nothing. A tool that never saw the kernels ends well too, and does not say it.</param>
    internal static (string Text, bool IsWrong) Judge(Child run, string clean) => run.Code switch
    {
        0 when run.Output.Contains(clean, StringComparison.Ordinal) => ($"right: {clean} in all checks at small sizes", false),
        Found or WrongAnswer => (run.LastLine, true),
        { } code => ($"left out: exit code {code}, {run.LastLine}", false),
        null => ($"left out: {run.LastLine}", false),
    };

    /// <summary>The words that start this program: alone in a publish, by dotnet in a build.</summary>
    private static string[] Self => Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet"
        ? [Environment.ProcessPath!, typeof(SanitizerRows).Assembly.Location]
        : [Environment.ProcessPath!];
}
