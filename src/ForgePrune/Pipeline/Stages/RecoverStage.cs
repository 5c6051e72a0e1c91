using ForgePrune.Model;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Progress;
using ForgePrune.Training;

namespace ForgePrune.Pipeline.Stages;

/// <summary>recovery.json: the pruned model before and after it was trained, on the held-out windows.</summary>
internal sealed record RecoveryFile(
    long Tokens, double KlBefore, double KlAfter, double PerplexityBefore, double PerplexityAfter, bool Kept, IReadOnlyList<LossPoint> Curve) : ITrainingFile
{
    public static JsonFile<RecoveryFile> Json { get; } = new("recovery.json", PipelineJson.Default.RecoveryFile);
}

/// <param name="Model">The trained model; null where the one before was better. The caller's to dispose of.</param>
internal sealed record RecoveredModel(IDecoderModel? Model, RecoverySummary Summary);

/// <summary>Trains the refitted model as the user asks.</summary>
internal sealed class RecoverStage(RunContext run, RecoverySettings settings, CalibrationText text)
{
    private readonly TrainingText training = new(run, text);

    public RecoveredModel Run(PrunedModel pruned)
    {
        var options = training.Options(settings);
        var stage = new TrainingStage<RecoveryFile>(run, "recover", "training.state", RecoveryFile.Json, options, training.Windows, training.HeldOut);
        var (found, better, seconds) = stage.Run(
            pruned, Train, ("recovery", "the model before it is written; more text or a smaller `Recovery.Rate` may help"));
        return new RecoveredModel(better, new RecoverySummary(found.Tokens, settings.Loss.ToString().ToLowerInvariant(), settings.Rate, seconds,
            found.KlBefore, found.KlAfter, found.PerplexityBefore, found.PerplexityAfter, found.Kept, found.Curve)
        {
            Scope = settings.Scope.ToString(),
        });

        RecoveryFile Train(IDecoderModel start, string state, Action<IDecoderModel> keep)
        {
            var before = training.Judge(start);
            run.Rest();
            using var stored = settings.Scope == RecoveryScope.All ? null : StoredModel.Of(run, start);
            var trainer = new RecoveryTrainer(stored ?? start, run.Dense, training.Windows, options, run.Settings.Threads);
            training.Note(options);
            RecoveryRun.Finish(trainer, state, RecoveryRun.Usual, Warned(stage.Steps, trainer), run.Stop);
            var trained = trainer.Model;
            var after = training.Judge(trained);
            var kept = settings.Loss == RecoveryLoss.Kl ? after.Kl < before.Kl : after.Perplexity < before.Perplexity;
            if (kept)
                keep(trained);
            return new RecoveryFile(trainer.Done * trainer.TokensPerStep, before.Kl, after.Kl, before.Perplexity, after.Perplexity, kept,
                LossPoint.Of(trainer.Losses, trainer.TokensPerStep));
        }
    }

    /// <summary>A rate that the user chose may be too high.</summary>
    private CallbackProgress<RecoveryProgress> Warned(IProgress<RecoveryProgress> steps, RecoveryTrainer trainer) => new(value =>
    {
        steps.Report(value);
        if (RisingLoss.Warning(trainer.Losses, settings.Rate) is { } warning)
            run.Progress.Note(warning);
    });
}
