using System.Diagnostics;

namespace ForgePrune.Packages.Tests;

/// <summary>The dotnet command, run to its end.</summary>
internal static class Dotnet
{
    /// <summary>What it prints; a failure fails the test with its complaint.</summary>
    public static string Run(string folder, params string[] arguments)
    {
        // Servers of the build would outlive the test and keep its pipes open.
        string[] quiet = arguments[0] is "pack" or "build" ? ["--verbosity", "quiet", "-nodereuse:false", "-p:UseSharedCompilation=false"] : [];
        var start = new ProcessStartInfo("dotnet", [.. arguments, .. quiet]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"dotnet {string.Join(' ', arguments)}\n{output}{errors.Result}");
        return output;
    }
}
