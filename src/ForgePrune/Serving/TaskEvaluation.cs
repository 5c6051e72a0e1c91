using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Evaluation.Tasks;
using ForgePrune.Evaluation.Tasks.Readers;
using ForgePrune.Progress;
using ForgePrune.Tokens;

namespace ForgePrune.Serving;

/// <summary>Multiple-choice tasks on a checkpoint or an exported model.</summary>
public static class TaskEvaluation
{
    /// <summary>Asks every question of the tasks.</summary>
    /// <param name="settings">What is read.</param>
    /// <param name="runtime">Runs the model.</param>
    /// <param name="progress">Told the questions that are done.</param>
    /// <param name="stop">Ends the evaluation between two batches.</param>
    /// <returns>Every task, then the groups.</returns>
    /// <exception cref="BadInputException">A task file or the model cannot be read.</exception>
    public static IReadOnlyList<TaskFigures> Run(TaskSettings settings, IServingRuntime runtime, IProgressReport progress, CancellationToken stop)
    {
        // A fault in a file should show before a model is loaded.
        var tasks = TaskFiles.Read(settings.Paths, progress);
        // Blocks of checkpoints run on the processor alone.
        return runtime.Provider != ServingProvider.Cpu || runtime.IsExported(settings.Model)
            ? Exported(settings, runtime, tasks, progress, stop) : Checkpoint(settings, runtime, tasks, progress, stop);
    }

    private static List<TaskFigures> Exported(
        TaskSettings settings, IServingRuntime runtime, IReadOnlyList<EvaluationTask> tasks, IProgressReport progress, CancellationToken stop)
    {
        using var model = ServedModel.Open(runtime, settings.Model, settings.Threads, readsText: true);
        model.RequireAllLogits();
        var positions = model.Positions
            ?? throw new BadInputException(
                $"{settings.Model} does not say how many positions it has (context_length in genai_config.json); export the model again");
        return Ask(settings, tasks, new ServedLikelihoods(model.Decoder, positions), model.Tokenizer,
            model.EosTokenIds.Count > 0 ? model.EosTokenIds[0] : null, progress, stop);
    }

    private static List<TaskFigures> Checkpoint(
        TaskSettings settings, IServingRuntime runtime, IReadOnlyList<EvaluationTask> tasks, IProgressReport progress, CancellationToken stop)
    {
        using var model = DecoderModel.Open(settings.Model);
        using var runner = runtime.Runner(model.Config, settings.Threads);
        var tokenizer = ModelTokenizer.Of(model);
        return Ask(settings, tasks, new CheckpointLikelihoods(model, runner), tokenizer,
            model.Config.EosTokenIds.Count > 0 ? model.Config.EosTokenIds[0] : null, progress, stop);
    }

    private static List<TaskFigures> Ask(
        TaskSettings settings, IReadOnlyList<EvaluationTask> tasks, ILikelihoodModel model, Tokenizer? tokenizer, int? eos,
        IProgressReport progress, CancellationToken stop)
    {
        if (tokenizer is null)
            throw new BadInputException($"{settings.Model} has no tokenizer beside it, and tasks are texts; put its tokenizer.json there");
        var bos = tokenizer.BosTokenId;
        if ((bos ?? eos) is not { } prefix || (settings.Bos && bos is null))
            throw new BadInputException($"{settings.Model} names no token that begins a text; add bos_token to its tokenizer_config.json");
        var run = new TaskRun(model, tokenizer, settings.Bos ? bos : null, prefix);
        var scores = tasks.Select(task => run.Run(task, settings.Limit, progress, stop)).ToArray();
        return [.. scores.Select(Figures), .. scores.Where(score => score.Task.Group is not null).GroupBy(score => score.Task.Group!)
            .Where(group => group.Count() > 1).Select(Pooled)];
    }

    private static TaskFigures Figures(TaskScore score) => new(
        score.Task.Name, score.Questions, score.Requests, score.Cut, ByName(score.Metrics), score.Task.Protocol);

    private static TaskFigures Pooled(IGrouping<string, TaskScore> group) => new(
        group.Key, group.Sum(score => score.Questions), group.Sum(score => score.Requests), group.Sum(score => score.Cut),
        ByName([.. group.First().Metrics.Select((_, i) => TaskMetric.Pooled([.. group.Select(score => (score.Metrics[i], score.Questions))]))]),
        $"all questions of its {group.Count()} tasks together");

    private static SortedDictionary<string, MetricFigures> ByName(IReadOnlyList<TaskMetric> metrics) =>
        new(metrics.ToDictionary(metric => metric.Name, metric => new MetricFigures(metric.Value, metric.StandardError)), StringComparer.Ordinal);
}
