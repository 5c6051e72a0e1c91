using System.Diagnostics;
using ForgePrune.Errors;

namespace ForgePrune.Cli.Jobs;

/// <summary>The script in RUN/jobs that hands all jobs to a scheduler.</summary>
internal static class SubmitScript
{
    /// <param name="refused">The sentence of a failure.</param>
    /// <exception cref="BrokenEnvironmentException">The script failed, or there is no bash.</exception>
    public static void Run(string path, string refused)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [path])) ?? throw new BrokenEnvironmentException("bash cannot be started");
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new BrokenEnvironmentException(refused);
    }
}
