using System.Diagnostics;

namespace ForgePrune.Perf;

/// <summary>A stretch of time by the clock and by the processors' own account, which other work on the machine disturbs far less.</summary>
internal readonly record struct Stretch(double Wall, double Processor)
{
    public static Stretch Now => new(Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency, Environment.CpuUsage.TotalTime.TotalSeconds);

    public static Stretch operator -(Stretch end, Stretch start) => new(end.Wall - start.Wall, end.Processor - start.Processor);

    public static Stretch operator +(Stretch one, Stretch other) => new(one.Wall + other.Wall, one.Processor + other.Processor);

    public static Stretch operator *(Stretch one, double times) => new(one.Wall * times, one.Processor * times);

    public override string ToString() => $"{Wall,8:F2} s ({Processor,7:F2} s of processor time)";
}
