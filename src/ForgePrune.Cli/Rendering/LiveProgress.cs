using ForgePrune.Progress;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace ForgePrune.Cli.Rendering;

/// <summary>Progress for a terminal: one bar per stage that takes longer than two seconds, with elapsed time and time left.</summary>
internal sealed class LiveProgress(IAnsiConsole console, ProgressContext context) : IProgressReport
{
    private static readonly TimeSpan WorthABar = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();

    private readonly Dictionary<string, (StageClock Clock, ProgressTask? Task)> stages = [];

    public static T Run<T>(IAnsiConsole console, Func<IProgressReport, T> work)
    {
        var clocks = new ClockColumn();
        return console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 24 }, new PercentageColumn(), clocks)
            .Start(context => work(new LiveProgress(console, context) { Clocks = clocks }));
    }

    private ClockColumn Clocks { get; init; } = new();

    public void Report(string stage, long done, long total, string message = "")
    {
        lock (gate)
        {
            var (clock, task) = stages.TryGetValue(stage, out var known) ? known : (new StageClock(TimeProvider.System), null);
            clock.Reached(done, total);
            if (task is null && done < total && clock.Elapsed >= WorthABar)
            {
                task = context.AddTask(stage);
                Clocks.Add(task.Id, clock);
            }

            if (task is not null)
            {
                task.MaxValue = Math.Max(total, 1);
                task.Description = Markup.Escape(message.Length > 0 ? $"{stage}: {message}" : stage);
                task.Value = total > 0 ? done : 1;
            }

            if (done >= total)
                stages.Remove(stage);
            else
                stages[stage] = (clock, task);
        }
    }

    // Spectre prints above the bars while they run.
    public void Note(string message) => console.WriteLine(OptionNames.Spell(message));

    /// <summary>"1:05, 2:10 left".</summary>
    private sealed class ClockColumn : ProgressColumn
    {
        private readonly System.Collections.Concurrent.ConcurrentDictionary<int, (StageClock Clock, TimeSpan? Ended)> clocks = [];

        public void Add(int task, StageClock clock) => clocks[task] = (clock, null);

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            if (!clocks.TryGetValue(task.Id, out var known))
                return Text.Empty;
            if (!task.IsFinished)
                return new Text(StageClock.Show(known.Clock.Elapsed) + (known.Clock.Left is { } left ? $", {StageClock.Show(left)} left" : ""));
            // The clock runs on; the time shown stays.
            var ended = known.Ended ?? known.Clock.Elapsed;
            clocks[task.Id] = (known.Clock, ended);
            return new Text(StageClock.Show(ended));
        }
    }
}
