using System.ComponentModel;
using System.Diagnostics;

namespace ForgePrune.GpuPerf;

/// <summary>The samples for other stacks, with the PTX beside this program.</summary>
internal static class SampleRows
{
    private const int NoGpu = 77;

    public static void Add(Table table)
    {
        var ptx = Path.Combine(AppContext.BaseDirectory, "ptx");
        var samples = Path.Combine(AppContext.BaseDirectory, "samples");
        // A user's own Python may lack NumPy where the system's has it.
        if (new[] { "python3", "/usr/bin/python3" }.FirstOrDefault(name => Run(name, ["-c", "import numpy"]) is (0, _)) is { } python)
            Add(table, "sample for CuPy", python, [Path.Combine(samples, "cupy", "gram.py"), ptx]);
        else
            table.Skip("sample for CuPy", "left out: there is no Python 3 with NumPy");
        var program = Path.Combine(Path.GetTempPath(), $"forgeprune-gram-{Environment.ProcessId}");
        try
        {
            if (Run("gcc", ["-std=c11", "-O2", "-I", ptx, "-o", program, Path.Combine(samples, "c", "gram.c"), "-ldl", "-lm"]) is not (0, _))
                table.Skip("sample in C", "left out: gcc is missing or does not compile it");
            else
                Add(table, "sample in C", program, [ptx]);
        }
        finally
        {
            File.Delete(program);
        }
    }

    private static void Add(Table table, string what, string program, string[] arguments)
    {
        if (!table.HasTime(what, 30))
            return;
        var (code, text) = Run(program, arguments);
        table.Skip(what, code switch
        {
            0 => $"right: {text}",
            NoGpu or null => $"left out: {text}",
            _ => $"WRONG, exit code {code}: {text}",
        });
    }

    private static (int? Code, string Text) Run(string program, string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            var lines = (output + error.Result).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return (process.ExitCode, lines.LastOrDefault("says nothing"));
        }
        catch (Win32Exception)
        {
            return (null, $"{program} is missing");
        }
    }
}
