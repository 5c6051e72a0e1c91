using System.Diagnostics;
using System.Globalization;
using ForgePrune.Perf.Results;

namespace ForgePrune.Perf;

/// <summary>Times two ways to one result in turns, so that both meet the same machine.</summary>
internal static class SideBySide
{
    private const int Least = 7;
    private const double Seconds = 4;

    /// <param name="operations">Useful ones of either.</param>
    /// <param name="roof">GFLOP/s that this many threads can reach.</param>
    public static PerfRow Run(string what, string against, int threads, double operations, double roof, Action ours, Action theirs)
    {
        var (own, other) = (new List<double>(), new List<double>());
        for (var clock = Stopwatch.StartNew(); own.Count < Least || clock.Elapsed.TotalSeconds < Seconds;)
        {
            own.Add(Time(ours));
            other.Add(Time(theirs));
        }

        double a = Median(own), b = Median(other);
        var row = new PerfRow(what, against, threads, a * 1e3, b * 1e3, operations / a / 1e9, roof);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {what + " against " + against,-44} | {row.Ours,8:F1} | {row.Theirs,8:F1} | {row.Ratio,5:F2} | {row.Rate,6:F0} | {row.ShareOfRoof,5:P0} |"));
        return row;
    }

    public static void Head()
    {
        Console.WriteLine("| operation                                    | ours, ms | theirs   | ratio | GFLOP/s | of the roof |");
        Console.WriteLine("|---|---|---|---|---|---|");
    }

    private static double Time(Action action)
    {
        // The other side's threads wait spinning for more work; they have gone to sleep after this. Then one turn to wake our own up.
        Thread.Sleep(150);
        action();
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalSeconds;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
