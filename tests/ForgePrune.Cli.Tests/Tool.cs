using System.Diagnostics;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests;

/// <summary>The real program as a child process, as a user starts it.</summary>
internal sealed record Tool(int ExitCode, string Output, string Error)
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "ForgePrune.Cli.dll");

    /// <summary>stderr without the line end; a fault is one line.</summary>
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <param name="folder">Working folder: everything relative lies there.</param>
    public static Tool Run(TemporaryFolder folder, params string[] words) => Run(StartInfo(folder, words));

    public static Tool Run(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Tool(process.ExitCode, output, error.Result);
    }

    public static ProcessStartInfo StartInfo(TemporaryFolder folder, params string[] words)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Program);
        foreach (var word in words)
            start.ArgumentList.Add(word);
        start.Environment.Remove("FORGEPRUNE_DEBUG");
        // Times measured for tests do not belong into the user's cache.
        start.Environment["XDG_CACHE_HOME"] = folder["cache"];
        return start;
    }
}
