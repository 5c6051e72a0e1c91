using System.Diagnostics;
using System.Text.Json.Nodes;

namespace ForgePrune.Perf;

/// <summary>The tool as a user starts it, from the root of the repository.</summary>
internal static class Tool
{
    /// <summary>summary.json of a run folder, after the run where it is not there yet. Null after a fault, which is printed.</summary>
    public static JsonNode? Summary(string place, params string[] words)
    {
        var file = Path.Combine(place, "summary.json");
        return File.Exists(file) || Run(words) == 0 ? JsonNode.Parse(File.ReadAllText(file)) : null;
    }

    private static int Run(string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo("./forgeprune", words) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var complaint = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        if (process.ExitCode != 0)
            Console.Error.WriteLine($"forgeprune {string.Join(' ', words)}\n{complaint.Result}");
        return process.ExitCode;
    }
}
