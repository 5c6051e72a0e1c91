using System.Diagnostics;
using System.Globalization;

namespace ForgePrune.GpuPerf;

/// <summary>The table of times, and the time that is left for it.</summary>
internal sealed class Table(double seconds)
{
    private const int Turns = 7;

    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public double Elapsed => _clock.Elapsed.TotalSeconds;

    public void Head()
    {
        Console.WriteLine();
        Console.WriteLine("| what | ours | theirs | theirs / ours | rate of ours | of what |");
        Console.WriteLine("|---|---|---|---|---|---|");
    }

    /// <summary>Whether a row that takes so many seconds still fits; said aloud where not.</summary>
    public bool HasTime(string what, double expected)
    {
        if (Elapsed + expected <= seconds)
            return true;
        Skip(what, $"left out: it takes some {expected:f0} s and {Math.Max(0, seconds - Elapsed):f0} s are left");
        return false;
    }

    public void Skip(string what, string why) => Console.WriteLine($"| {what} | | | | | {why} |");

    /// <summary>Times one way, or two in turns.</summary>
    /// <param name="operations">Useful ones of either; 0 where they are not counted.</param>
    /// <param name="theirs">The other way, or null; each ends with its result on the device.</param>
    public void Add(string what, double operations, Action ours, Action? theirs, string remark)
    {
        ours();
        theirs?.Invoke();
        List<double> own = [], other = [];
        for (var turn = 0; turn < Turns; turn++)
        {
            own.Add(Time(ours));
            if (theirs is not null)
                other.Add(Time(theirs));
        }
        Row(what, Median(own), theirs is null ? null : Median(other), operations, remark);
    }

    public void Row(string what, double ours, double? theirs, double operations, string remark) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {what} | {ours * 1e3:f2} ms | {(theirs is { } time ? $"{time * 1e3:f2} ms" : "")} | {(theirs is { } ratio ? $"{ratio / ours:f2}" : "")} | {(operations > 0 ? $"{operations / ours / 1e12:f2} Tflop/s" : "")} | {remark} |"));

    private static double Time(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
