using System.Diagnostics;

namespace ForgePrune.GpuPerf;

/// <summary>Times what the table shows, and knows the time that is left for it.</summary>
internal sealed class Table(Report report, double seconds)
{
    private const int Rounds = 7;

    private readonly Stopwatch clock = Stopwatch.StartNew();

    public double Elapsed => clock.Elapsed.TotalSeconds;

    /// <summary>Until nothing may begin any more.</summary>
    public TimeSpan Left => TimeSpan.FromSeconds(Math.Max(0, seconds - Elapsed));

    /// <summary>Whether a row that takes so many seconds still fits; said aloud where not.</summary>
    public bool HasTime(string what, double expected)
    {
        if (Elapsed + expected <= seconds)
            return true;
        Skip(what, $"left out: it takes some {expected:f0} s and {Left.TotalSeconds:f0} s are left");
        return false;
    }

    /// <summary>A row without times.</summary>
    public void Skip(string what, string why) => report.Add(new TableLine(what, [], [], 0, why));

    /// <summary>A row that tells of a wrong answer.</summary>
    public void Wrong(string what, string how) => report.Add(new TableLine(what, [], [], 0, how, IsWrong: true));

    /// <summary>Times one way, or two in turns.</summary>
    /// <param name="operations">Useful ones of either; 0 where they are not counted.</param>
    /// <param name="theirs">The other way, or null; each ends with its result on the device.</param>
    public void Add(string what, double operations, Action ours, Action? theirs, string remark)
    {
        ours();
        theirs?.Invoke();
        List<double> own = [], other = [];
        for (var turn = 0; turn < Rounds; turn++)
        {
            own.Add(Time(ours));
            if (theirs is not null)
                other.Add(Time(theirs));
        }
        report.Add(new TableLine(what, own, other, operations, remark));
    }

    /// <summary>A row of one turn that was timed elsewhere.</summary>
    public void Row(string what, double ours, double operations, string remark) => report.Add(new TableLine(what, [ours], [], operations, remark));

    /// <summary>A row of turns that were timed elsewhere, in turns.</summary>
    public void Turns(string what, IReadOnlyList<double> ours, IReadOnlyList<double> theirs, string remark) =>
        report.Add(new TableLine(what, ours, theirs, 0, remark));

    private static double Time(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
