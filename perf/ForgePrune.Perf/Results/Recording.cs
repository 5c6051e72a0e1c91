using System.Globalization;
using ForgePrune.Kernels;

namespace ForgePrune.Perf.Results;

/// <summary>Measures what the table shows and writes it as one record.</summary>
internal static class Recording
{
    /// <param name="machine">Its name; virtual machines rarely know it themselves.</param>
    public static int Run(string file, string machine)
    {
        if (CBlas.OpenBlas() is not { } openBlas)
            return Missing();
        var blis = CBlas.Blis();
        var levels = LevelsPerf.Run(rows: 1024, cols: 4096, removals: int.MaxValue)!;
        var rows = BlasPerf.Run(openBlas, blis);
        new PerfRecord(machine, Environment.ProcessorCount, DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), $"{Environment.Version}",
            Implementations.Current.Name, (blis is null ? openBlas.Config : $"{openBlas.Config}, {blis.Config}"), [levels, .. rows]).Write(file);
        return 0;
    }

    /// <summary>Says what to install.</summary>
    /// <returns>The exit code of a broken environment.</returns>
    public static int Missing()
    {
        Console.Error.WriteLine("OpenBLAS is not there (Debian: apt install libopenblas0, and libblis4-openmp for BLIS beside it).");
        return 3;
    }
}
