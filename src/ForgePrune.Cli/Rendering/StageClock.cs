namespace ForgePrune.Cli.Rendering;

/// <summary>How long a stage has taken and, from its pace so far, how long it will.</summary>
internal sealed class StageClock(TimeProvider time)
{
    private readonly long start = time.GetTimestamp();

    private long done, total;

    public TimeSpan Elapsed => time.GetElapsedTime(start);

    /// <summary>Null until the first unit is done.</summary>
    public TimeSpan? Left => done > 0 && total >= done ? Elapsed * ((double)(total - done) / done) : null;

    public void Reached(long done, long total) => (this.done, this.total) = (done, total);

    public static string Show(TimeSpan span) =>
        span.TotalHours >= 1 ? $"{(int)span.TotalHours}:{span.Minutes:00}:{span.Seconds:00}" : $"{span.Minutes}:{span.Seconds:00}";
}
