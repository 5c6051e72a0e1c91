using System.Diagnostics;

namespace ForgePrune.Packages.Tests;

/// <summary>The dotnet command and programs that it made, run to their end.</summary>
internal static class Dotnet
{
    // What NuGet says where no feed answers, or none has a package.
    private static readonly string[] NoFeed = ["NU1301", "NU1101", "NU1102"];

    /// <summary>What the command prints; a failure fails the test with its complaint.</summary>
    public static string Run(string folder, params string[] arguments)
    {
        // Servers of the build would outlive the test and keep its pipes open.
        string[] quiet = arguments[0] is "pack" or "build" ? ["--verbosity", "quiet", "-nodereuse:false", "-p:UseSharedCompilation=false"] : [];
        return RunProgram(folder, "dotnet", [.. arguments, .. quiet]);
    }

    /// <inheritdoc cref="Run"/>
    public static string RunProgram(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        // Times measured for tests do not belong into the user's cache.
        start.Environment["XDG_CACHE_HOME"] = Path.Combine(folder, "cache");
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var said = $"{program} {string.Join(' ', arguments)}\n{output}{errors.Result}";
        if (NoFeed.Any(said.Contains))
            Assert.Fail(
                $"the packages that ours depend on cannot be restored: no NuGet feed of this machine has them; see 'dotnet nuget list source'.\n{said}");
        Assert.That(process.ExitCode, Is.Zero, said);
        return output;
    }
}
