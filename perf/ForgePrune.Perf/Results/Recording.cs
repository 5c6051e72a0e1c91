using System.Globalization;
using ForgePrune.Kernels;

namespace ForgePrune.Perf.Results;

/// <summary>Measures what the table shows and writes it as one record.</summary>
internal static class Recording
{
    /// <param name="machine">Its name; virtual machines rarely know it themselves.</param>
    public static int Run(string file, string machine)
    {
        if (OpenBlas.Find() is not { } blas)
            return OpenBlas.Missing();
        var levels = LevelsPerf.Run(rows: 1024, cols: 4096, removals: int.MaxValue)!;
        var rows = BlasPerf.Run(blas);
        new PerfRecord(machine, Environment.ProcessorCount, DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), $"{Environment.Version}",
            Implementations.Current.Name, blas.Config, [levels, .. rows]).Write(file);
        return 0;
    }
}
