using ForgePrune.Progress;

namespace ForgePrune.Cli.Rendering;

/// <summary>Progress for logs: one line about every ten seconds, and one when a stage of more than two seconds ends.</summary>
internal sealed class PlainProgress(TextWriter writer, TimeProvider time) : IProgressReport
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10), WorthALine = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();

    private readonly Dictionary<string, StageClock> clocks = [];

    private long lastLine = time.GetTimestamp();

    public void Report(string stage, long done, long total, string message = "")
    {
        lock (gate)
        {
            if (!clocks.TryGetValue(stage, out var clock))
                clocks[stage] = clock = new StageClock(time);
            clock.Reached(done, total);
            if (done >= total)
            {
                clocks.Remove(stage);
                if (clock.Elapsed >= WorthALine)
                    Line($"{stage}: done in {StageClock.Show(clock.Elapsed)}");
            }
            else if (time.GetElapsedTime(lastLine) >= Interval)
            {
                var left = clock.Left is { } span ? $", about {StageClock.Show(span)} left" : "";
                Line($"{stage}: {done} of {total}{(message.Length > 0 ? $" ({message})" : "")}, {StageClock.Show(clock.Elapsed)} elapsed{left}");
            }
        }
    }

    public void Note(string message)
    {
        lock (gate)
            Line(OptionNames.Spell(message));
    }

    private void Line(string text)
    {
        writer.WriteLine(text);
        lastLine = time.GetTimestamp();
    }
}
