using System.Globalization;
using ForgePrune.Checkpoints;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Progress;
using ForgePrune.Refit;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Training;

namespace ForgePrune.Methods.AdaptPruner;

/// <summary>interleaved.json: every cut with its training.</summary>
internal sealed record InterleavedFile(double Dense, IReadOnlyList<InterleavedStage> Stages)
{
    public static JsonFile<InterleavedFile> Json { get; } = new("interleaved.json", MethodJson.Default.InterleavedFile);
}

/// <summary>Adapt-Pruner: the plan, the cuts and the training are one stage of the run, since each decides the next. Its state outlives a killed run.</summary>
internal sealed class InterleaveStage : IPruningStrategy
{
    private const string Reported = "prune and train";

    // Half of a cut with its training for either.
    private const int Half = 100;

    private const string BeforeFolder = "before", TrainedFolder = "model";

    private readonly RunContext run;
    private readonly AdaptPrunerMethod method;
    private readonly CalibrationText text;
    private readonly TrainingText training;

    public InterleaveStage(RunContext run, AdaptPrunerMethod method, CalibrationText text)
    {
        (this.run, this.method, this.text) = (run, method, text);
        training = new TrainingText(run, text);
        if (run.Settings.Recovery is null)
            run.Progress.Note($"{method.Name} trains after every cut, but no training is asked for: it only cuts; give `Recovery`");
    }

    public ChosenModel Make(int attempt, ICostModel cost, double budget, string latencyHash)
    {
        var space = SearchStage.Space(run.Dense.Config, cost, budget, run.Large, PlanShapes.Free);
        space.RequireWithinReach();
        var options = Options(space);
        (string, string)[] inputs =
            [("model", run.Dense.ContentHash), ("windows", training.Windows.Hash), ("held out", training.HeldOut.Hash), ("latency", latencyHash)];
        (string, string)[] settings =
        [
            ("method", method.Name), ("metric", run.Settings.Target.Metric.ToString()), ("budget", budget.ToString("R", CultureInfo.InvariantCulture)),
            ("options", options.ToString()),
        ];
        var (name, key) = (SearchStage.NameOf(attempt), run.Key([InterleavedPruning.Format, RecoveryTrainer.Format], inputs, settings));
        var result = run.Stage(name, key,
            folder => Prune(space, options, new InterleavedFolder(run.Folder.StatePath(name, key), key.Hash()), folder));
        return new ChosenModel(PlanFile.Json.Read(result.Folder), [("search", result.Manifest.ContentHash())],
            new(() => Read(result, InterleavedFile.Json.Read(result.Folder))));
    }

    public void Forget()
    {
    }

    private InterleavedOptions Options(BudgetedSpace space)
    {
        var (dense, least) = (space.Cost.Of(space.Space.Dense), space.Cost.Fixed);
        var stages = method.Stages ?? InterleavedOptions.UsualStages((dense - space.Budget) / (dense - least));
        // The authors' schedule spans all stages: one warm-up at the start, one fall at the end.
        return new(stages, run.Settings.Recovery is { } asked
            ? training.Options(asked.Tokens) with { Schedule = new LearningSchedule(ScheduleShape.Wsd, WarmUp: 0.05, Decay: 0.2) }
            : null, run.Settings.Seed);
    }

    private void Prune(BudgetedSpace space, InterleavedOptions options, InterleavedFolder state, string folder)
    {
        if (options.Training is { } asked)
            training.Note(asked);
        run.Rest();
        var result = new InterleavedPruning(run.Dense, space, run.Runner, training.Windows, options, training.Judge, state, run.Settings.Threads)
            .Run(new CallbackProgress<InterleavedProgress>(Report), run.Stop);
        run.Progress.Report(Reported, 1, 1);
        CheckpointWriter.Write(result.Before.ToModel(), Path.Combine(folder, BeforeFolder));
        CheckpointWriter.Write(result.Trained.ToModel(), Path.Combine(folder, TrainedFolder));
        var (last, dense) = (result.Stages[^1], space.Cost.Of(space.Space.Dense));
        InterleavedFile.Json.Write(folder, new InterleavedFile(dense, result.Stages));
        PlanFile.Json.Write(folder, new PlanFile(last.Layers, last.Cost, dense, space.Budget, [.. result.Stages.Select(stage =>
            new PlanStage($"stage {stage.Stage} of {options.Stages}", stage.Cost, stage.Trained!.Kl, stage.Layers))]));
    }

    /// <summary>The last cut can be proven: the model before it, masked, is the model after it. Training then changed that one's weights.</summary>
    private PrunedModel Read(StageResult result, InterleavedFile file)
    {
        var (before, last) = (run.Hold(DecoderModel.Open(result.File(BeforeFolder), run.Folder.Hashes)), file.Stages[^1]);
        var sets = new GivenSets(last.Kept);
        var cut = CompactModel.Build(before, new Plan(last.Layers), LevelSource.Gathering(before, sets, RunMemory.Levels));
        var tokens = file.Stages.Sum(stage => stage.Tokens);
        return new PrunedModel(cut, before, sets, tokens == 0 ? null : run.Hold(DecoderModel.Open(result.File(TrainedFolder), run.Folder.Hashes)))
        {
            Interleaved = new InterleavedSummary(tokens, [.. file.Stages.Select(stage =>
                new InterleavedStageSummary(stage.Cost / file.Dense, stage.Tokens, stage.Cut.Kl, stage.Trained!.Kl, stage.Importance))]),
        };
    }

    private void Report(InterleavedProgress value) => run.Progress.Report(Reported,
        (2 * Half * (value.Stage - 1)) + (long)(Half * (value.Share + (value.Loss is null ? 0 : 1))), 2 * Half * value.Stages,
        value.Loss is { } loss ? string.Create(CultureInfo.InvariantCulture, $"stage {value.Stage}, loss {loss:0.0000}") : $"stage {value.Stage}, cutting");
}
