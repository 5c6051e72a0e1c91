using System.ComponentModel;
using System.Diagnostics;
using ForgePrune.Testing;

namespace ForgePrune.Native.Tests;

/// <summary>Other programs, run to their end.</summary>
internal static class Commands
{
    /// <summary>What the program prints; a failure of the program fails the test with its complaint.</summary>
    public static string Run(string folder, string program, params string[] arguments) => Run(folder, [], program, arguments);

    public static string Run(string folder, Dictionary<string, string> environment, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"{program} {string.Join(' ', arguments)}\n{output}{errors.Result}");
        return output;
    }

    /// <summary>Whether the program is there and ends well.</summary>
    public static bool Works(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            _ = process.StandardError.ReadToEndAsync();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    /// <summary>The path of a folder of libforgeprune's project.</summary>
    public static string Project(string relative) => Path.Combine(Shared.Root, "kernels", "ForgePrune.Native", relative);
}
