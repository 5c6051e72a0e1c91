using ForgePrune.Cli.Rendering;

namespace ForgePrune.Cli.Tests;

public sealed class ProgressTests
{
    [Test]
    public void A_log_gets_a_line_about_every_ten_seconds_and_one_at_the_end()
    {
        var time = new SteppedTime();
        var log = new StringWriter();
        var progress = new PlainProgress(log, time);
        for (var second = 0; second <= 40; second++)
        {
            progress.Report("calibration", second, 40, $"layer {second}");
            time.Advance(TimeSpan.FromSeconds(1));
        }

        var lines = log.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(4));
        Assert.That(lines[0].Trim(), Is.EqualTo("calibration: 10 of 40 (layer 10), 0:10 elapsed, about 0:30 left"));
        Assert.That(lines[3].Trim(), Is.EqualTo("calibration: done in 0:40"));
    }

    [Test]
    public void Short_work_leaves_no_line()
    {
        var log = new StringWriter();
        var progress = new PlainProgress(log, new SteppedTime());
        progress.Report("plan", 0, 1);
        progress.Report("plan", 1, 1);
        Assert.That(log.ToString(), Is.Empty);
    }

    private sealed class SteppedTime : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now;

        public void Advance(TimeSpan step) => now += step.Ticks;
    }
}
