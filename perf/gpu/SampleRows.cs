namespace ForgePrune.GpuPerf;

/// <summary>The samples for other stacks, with the PTX of an export.</summary>
internal static class SampleRows
{
    private const int NoGpu = 77;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static void Add(Table table)
    {
        using var ptx = new ExportedPtx();
        var samples = Path.Combine(AppContext.BaseDirectory, "samples");
        // A user's own Python may lack NumPy where the system's has it.
        if (new[] { "python3", "/usr/bin/python3" }.FirstOrDefault(name => Child.Run(name, ["-c", "import numpy"], Limit).Code == 0) is { } python)
            Add(table, "sample for CuPy", python, [Path.Combine(samples, "cupy", "gram.py"), ptx.Folder]);
        else
            table.Skip("sample for CuPy", "left out: there is no Python 3 with NumPy");
        var program = Path.Combine(Path.GetTempPath(), $"forgeprune-gram-{Environment.ProcessId}");
        try
        {
            if (Child.Run("gcc", ["-std=c11", "-O2", "-I", ptx.Folder, "-o", program, Path.Combine(samples, "c", "gram.c"), "-ldl", "-lm"], Limit).Code != 0)
                table.Skip("sample in C", "left out: gcc is missing or does not compile it");
            else
                Add(table, "sample in C", program, [ptx.Folder]);
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
        var run = Child.Run(program, arguments, Limit);
        if (run.Code is 0)
            table.Skip(what, $"right: {run.LastLine}");
        else if (run.Code is NoGpu or null)
            table.Skip(what, $"left out: {run.LastLine}");
        else
            table.Wrong(what, $"exit code {run.Code}: {run.LastLine}");
    }
}
