using ForgePrune.Cli.Rendering;
using ForgePrune.Pipeline.Parts;
using Spectre.Console;

namespace ForgePrune.Cli.Jobs;

/// <summary>Where a run stands that many processes work on, as its folder tells.</summary>
/// <param name="Run">The folder.</param>
/// <param name="Done">Whether the whole run is done.</param>
/// <param name="Stages">The stages that processes share, in their order.</param>
/// <param name="Working">Notes of workers that are at work, or were killed at it.</param>
internal sealed record JobState(string Run, bool Done, IReadOnlyList<StageState> Stages, IReadOnlyList<WorkerState> Working)
{
    public static JobState Of(string run, IReadOnlyList<PartStage> stages)
    {
        var done = File.Exists(Path.Combine(run, "summary.json"));
        return new JobState(run, done, [.. stages.Select(stage => StageState.Of(run, stage.Name, done))],
            [.. WorkNote.Of(run).Select(note => new WorkerState(note.Worker, note.Since))]);
    }

    /// <summary>For people.</summary>
    public static void Show(IAnsiConsole console, JobState state) => Facts.Show(console,
    [
        ("run", (string?)state.Run),
        .. state.Stages.Select(stage => (stage.Stage, (string?)stage.ToString())),
        .. state.Working.Select(worker => ("at work", (string?)$"{worker.Worker}, since {worker.Since:u}")),
        ("done", state.Done ? "yes" : "no"),
    ]);
}

/// <param name="Worker">Share, machine and process.</param>
/// <param name="Since">When it began.</param>
internal sealed record WorkerState(string Worker, DateTime Since);

/// <param name="Items">How many there are; null where the run has not been collected so far.</param>
/// <param name="Missing">The numbers of those that are not there, from 0.</param>
internal sealed record StageState(string Stage, int? Items, IReadOnlyList<int> Missing)
{
    public static StageState Of(string run, string stage, bool done)
    {
        if (PartPlan.Read(run, stage) is not { } plan)
            return new StageState(stage, null, []);
        var parts = plan.Parts(run);
        return new StageState(stage, plan.Items.Count, done || plan.IsFinished(run) ? []
            : [.. Enumerable.Range(0, plan.Items.Count).Where(item => !parts.Holds(plan.Items[item]) && !plan.IsCollected(run, plan.Items[item]))])
        {
            Plan = plan,
        };
    }

    private PartPlan? Plan { get; init; }

    /// <summary>The numbers of the workers, from 1, whose shares lack items; all where nothing is known yet.</summary>
    public IReadOnlyList<int> Wanted(int workers) => Items is null ? [.. Enumerable.Range(1, workers)]
        : [.. Missing.Select(item => Plan!.Owner(item, workers) + 1).Distinct().Order()];

    public override string ToString() => Items is not { } items ? "not begun"
        : Missing.Count == 0 ? $"all {items} items are there" : $"{items - Missing.Count} of {items} items are there";
}
