using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Progress;
using ForgePrune.Search.Costs;
using ForgePrune.Serving;

namespace ForgePrune.Methods.Comparison;

/// <summary>Runs what is missing of a comparison, cell after cell, and gathers the figures. Stopped, it goes on where it was.</summary>
internal sealed class ComparisonRun(ComparisonSettings settings, IServingRuntime runtime, IProgressReport progress, CancellationToken stop)
{
    private readonly FinishedRuns finished = new(settings.Out);

    public ComparisonFigures Run()
    {
        var (hash, parameters) = Dense();
        var keys = Keys(hash);
        var runs = new List<ComparedRun>();
        foreach (var cell in settings.Cells)
        {
            stop.ThrowIfCancellationRequested();
            runs.Add(Cell(cell, keys, $"run {runs.Count + 1} of {settings.Cells.Count}: {cell.Name}"));
        }

        return new ComparisonFigures(settings.Model, parameters, DenseTasks(hash, keys), ComparisonRows.Of(runs), runs);
    }

    /// <summary>Runs what is missing of some cells alone. Other processes may make others, here or on machines with the same folder: each cell is a run with a
    /// lock of its own, and whoever runs the whole comparison reads what is done.</summary>
    /// <param name="own">The cells, by index.</param>
    /// <returns>How many cells that were.</returns>
    public int Make(Func<int, bool> own)
    {
        var keys = Keys(Dense().Hash);
        int[] cells = [.. Enumerable.Range(0, settings.Cells.Count).Where(own)];
        foreach (var index in cells)
        {
            stop.ThrowIfCancellationRequested();
            Cell(settings.Cells[index], keys, $"run {index + 1} of {settings.Cells.Count}: {settings.Cells[index].Name}");
        }

        return cells.Length;
    }

    private ComparisonKeys Keys(string model)
    {
        var versions = StageContext.VersionsOf(runtime).Select(version => $"{version.Key} {version.Value}");
        return new ComparisonKeys(model, string.Join(", ", [.. versions, .. RunFormats.All(runtime).Select(format => $"{format}")]));
    }

    private (string Hash, long Parameters) Dense()
    {
        using var model = DecoderModel.Open(settings.Model);
        return ($"{model.ContentHash} {Companions.Of(model).All}", ModelSize.Of(model.Config).Total);
    }

    private ComparedRun Cell(ComparisonCell cell, ComparisonKeys keys, string what)
    {
        var key = keys.Of(cell.Settings);
        var found = finished.Find(cell.Name, key);
        progress.Note(found is null ? what : $"{what}: done before");
        var (run, summary) = found ?? Prune(cell, key);
        if (summary is not null && settings.Tasks is { } tasks && run.TaskKey != keys.Of(tasks))
        {
            var pruned = tasks with { Model = Path.Combine(cell.Settings.Out, "onnx") };
            run = run with { TaskKey = keys.Of(tasks), Tasks = TaskEvaluation.Run(pruned, runtime, progress, stop) };
            finished.Keep(cell.Name, run);
        }

        return new ComparedRun(cell.Method, cell.Target, cell.Settings.Seed, cell.Name, summary, run.Shortfall, settings.Tasks is null ? null : run.Tasks);
    }

    private (FinishedRun Run, RunSummary? Summary) Prune(ComparisonCell cell, string key)
    {
        FinishedRun run;
        RunSummary? summary = null;
        try
        {
            // Text, Grams and levels of one model are the same for all methods that read them: each is made once.
            var lenders = settings.Cells.Select(other => other.Settings.Out).Where(other => other != cell.Settings.Out && RunFolder.IsRun(other)).Distinct();
            var outcome = PrunePipeline.Run(cell.Settings with { Lenders = [.. lenders] }, runtime, progress, stop);
            (run, summary) = (new FinishedRun(key, outcome.Shortfall, null, null), outcome.Summary);
        }
        catch (TargetNotMetException fault)
        {
            // One method's limit is a result of a comparison, not its end.
            progress.Note(fault.Message);
            run = new FinishedRun(key, fault.Message, null, null);
        }

        finished.Keep(cell.Name, run);
        return (run, summary);
    }

    private IReadOnlyList<TaskFigures>? DenseTasks(string model, ComparisonKeys keys)
    {
        const string name = "dense";
        if (settings.Tasks is not { } tasks)
            return null;
        var key = keys.Of(tasks)!;
        if (finished.FindTasks(name, model, key) is { } known)
            return known;
        var asked = TaskEvaluation.Run(tasks, runtime, progress, stop);
        finished.Keep(name, new FinishedRun(model, null, key, asked));
        return asked;
    }
}
