using System.ComponentModel;
using System.Diagnostics;

namespace ForgePrune.Cli.Verbs;

/// <summary>Asks the machine what .NET does not tell.</summary>
internal static class Tool
{
    /// <summary>First line of "<paramref name="name"/> --version"; null when it cannot be started.</summary>
    public static string? Version(string name)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(name, "--version") { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var line = process.StandardOutput.ReadLine();
            process.WaitForExit();
            return process.ExitCode == 0 ? line : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    /// <summary>The processor's name where the system tells it, otherwise its architecture.</summary>
    public static string Processor() => Latency.Processor.Name ?? System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();
}
