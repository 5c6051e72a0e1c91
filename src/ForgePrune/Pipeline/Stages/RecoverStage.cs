using System.Globalization;
using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Progress;
using ForgePrune.Training;

namespace ForgePrune.Pipeline.Stages;

/// <summary>recovery.json: the pruned model before and after it was trained, on the held-out windows.</summary>
internal sealed record RecoveryFile(
    long Tokens, double KlBefore, double KlAfter, double PerplexityBefore, double PerplexityAfter, bool Kept, IReadOnlyList<LossPoint> Curve)
{
    public static JsonFile<RecoveryFile> Json { get; } = new("recovery.json", PipelineJson.Default.RecoveryFile);
}

/// <param name="Model">The trained model; null where the one before was better. The caller's to dispose of.</param>
internal sealed record RecoveredModel(IDecoderModel? Model, RecoverySummary Summary);

/// <summary>Trains the refitted model towards the dense one. Its state outlives a killed run.</summary>
internal sealed class RecoverStage(RunContext run, RecoverySettings settings, CalibrationText text)
{
    private const string Name = "recover", StateFile = "training.state", ModelFolder = "model";

    private readonly TrainingText training = new(run, text);

    private RecoveryOptions Options => training.Options(settings);

    public RecoveredModel Run(PrunedModel pruned)
    {
        (string, string)[] inputs =
            [("dense", run.Dense.ContentHash), ("pruned", pruned.Served.ContentHash), ("windows", training.Windows.Hash), ("held out", training.HeldOut.Hash)];
        var key = run.Key([RecoveryTrainer.Format], inputs, [("options", Options.ToString())]);
        var result = run.Stage(Name, key, folder => Train(pruned.Served, Path.Combine(run.Folder.StatePath(Name, key), StateFile), folder));
        var found = RecoveryFile.Json.Read(result.Folder);
        if (!found.Kept)
        {
            run.Progress.Note(Numbers($"recovery did not help on held-out text (KL {found.KlBefore:0.0000} before, {found.KlAfter:0.0000} after): ")
                + "the model before it is written; more text or a smaller `Recovery.Rate` may help");
        }

        return new RecoveredModel(found.Kept ? DecoderModel.Open(result.File(ModelFolder), run.Folder.Hashes) : null, new RecoverySummary(
            found.Tokens, settings.Loss.ToString().ToLowerInvariant(), settings.Rate, result.Manifest.Seconds,
            found.KlBefore, found.KlAfter, found.PerplexityBefore, found.PerplexityAfter, found.Kept, found.Curve)
        {
            Scope = settings.Scope.ToString(),
        });
    }

    private void Train(IDecoderModel start, string state, string folder)
    {
        var before = training.Judge(start);
        run.Rest();
        using var stored = settings.Scope == RecoveryScope.All ? null : StoredModel.Of(run, start);
        var trainer = new RecoveryTrainer(stored ?? start, run.Dense, training.Windows, Options, run.Settings.Threads);
        training.Note(Options);
        RecoveryRun.Finish(trainer, state, RecoveryRun.Usual, Steps(trainer), run.Stop);
        var trained = trainer.Model;
        var after = training.Judge(trained);
        var kept = settings.Loss == RecoveryLoss.Kl ? after.Kl < before.Kl : after.Perplexity < before.Perplexity;
        if (kept)
            CheckpointWriter.Write(trained, Path.Combine(folder, ModelFolder));
        RecoveryFile.Json.Write(folder, new RecoveryFile(trainer.Done * trainer.TokensPerStep, before.Kl, after.Kl, before.Perplexity, after.Perplexity, kept,
            LossPoint.Of(trainer.Losses, trainer.TokensPerStep)));
    }

    private CallbackProgress<RecoveryProgress> Steps(RecoveryTrainer trainer) => new(value =>
    {
        run.Progress.Report(Name, value.Tokens, value.Total,
            Numbers($"{settings.Loss.ToString().ToUpperInvariant()} {value.Loss:0.0000}, {value.TokensPerSecond:0} tokens/s"));
        if (RisingLoss.Warning(trainer.Losses, settings.Rate) is { } warning)
            run.Progress.Note(warning);
    });

    private static string Numbers(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
