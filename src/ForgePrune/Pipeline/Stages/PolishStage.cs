using System.Globalization;
using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Progress;
using ForgePrune.Training;

namespace ForgePrune.Pipeline.Stages;

/// <summary>polish.json: the pruned model before and after it was polished, on the held-out windows.</summary>
internal sealed record PolishFile(long Tokens, double KlBefore, double KlAfter, bool Kept)
{
    public static JsonFile<PolishFile> Json { get; } = new("polish.json", PipelineJson.Default.PolishFile);
}

/// <param name="Pruned">The model as it goes on: polished where that helped.</param>
/// <param name="Polished">What was opened for it; null where the model before was better. The caller's to dispose of.</param>
internal sealed record PolishResult(PrunedModel Pruned, IDecoderModel? Polished, PolishSummary Summary);

/// <summary>Polishes the refitted model towards the dense one. Its state outlives a killed run.</summary>
internal sealed class PolishStage(RunContext run, CalibrationText text)
{
    private const string Name = "polish", StateFile = "polish.state", ModelFolder = "model";

    private PolishOptions Options => new() { Seed = run.Settings.Seed };

    /// <summary>Whether a run polishes.</summary>
    public static bool Wanted(PruneSettings settings, bool large) => settings.Polish switch
    {
        PolishChoice.On => true,
        PolishChoice.Auto => !large && !settings.Quick && settings.Method.Refits && settings.Recovery is null,
        _ => false,
    };

    public PolishResult Run(PrunedModel pruned)
    {
        (string, string)[] inputs =
            [("dense", run.Dense.ContentHash), ("pruned", pruned.Served.ContentHash), ("windows", text.Known.Hash), ("held out", text.Judging.Hash)];
        var key = run.Key([RecoveryTrainer.Format], inputs, [("options", Options.Training(text.Known).ToString())]);
        var result = run.Stage(Name, key, folder => Train(pruned.Served, Path.Combine(run.Folder.StatePath(Name, key), StateFile), folder));
        var found = PolishFile.Json.Read(result.Folder);
        if (!found.Kept)
            run.Progress.Note(Numbers($"polishing did not help on held-out text (KL {found.KlBefore:0.0000} before, {found.KlAfter:0.0000} after): the model stays"));
        var polished = found.Kept ? DecoderModel.Open(result.File(ModelFolder), run.Folder.Hashes) : null;
        return new PolishResult(polished is null ? pruned : pruned with { Recovered = polished }, polished,
            new PolishSummary(found.Tokens, Options.Rate, result.Manifest.Seconds, found.KlBefore, found.KlAfter, found.Kept));
    }

    private void Train(IDecoderModel start, string state, string folder)
    {
        run.Rest();
        using var stored = StoredModel.Of(run, start);
        var polished = Polish.Run(stored, run.Dense, text.Known, text.Judging, Options, state, run.Settings.Threads, new CallbackProgress<RecoveryProgress>(
            value => run.Progress.Report(Name, value.Tokens, value.Total, Numbers($"KL {value.Loss:0.0000}, {value.TokensPerSecond:0} tokens/s"))), run.Stop);
        if (polished.Helped)
            CheckpointWriter.Write(polished.Model, Path.Combine(folder, ModelFolder));
        PolishFile.Json.Write(folder, new PolishFile(polished.Tokens, polished.KlBefore, polished.KlAfter, polished.Helped));
    }

    private static string Numbers(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
