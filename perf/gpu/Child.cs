using System.ComponentModel;
using System.Diagnostics;

namespace ForgePrune.GpuPerf;

/// <summary>Another program that ran to its end.</summary>
/// <param name="Code">Its exit code; null where it is missing, or was ended because it took too long.</param>
internal sealed record Child(int? Code, string Output, string Error)
{
    /// <summary>The last line that it printed, the errors after the rest.</summary>
    public string LastLine =>
        (Output + Error).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault("says nothing");

    /// <param name="limit">After it the program is ended.</param>
    public static Child Run(string program, string[] arguments, TimeSpan limit)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            if (process.WaitForExit(limit))
                return new(process.ExitCode, output.Result, error.Result);
            process.Kill(entireProcessTree: true);
            return new(null, output.Result, error.Result + $"\n{program} took more than {limit.TotalSeconds:f0} s");
        }
        catch (Win32Exception)
        {
            return new(null, "", $"{program} is missing");
        }
    }
}
