using ForgePrune.Model;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Training;

namespace ForgePrune.Pipeline.Stages;

/// <summary>polish.json: the pruned model before and after it was polished, on the held-out windows.</summary>
internal sealed record PolishFile(long Tokens, double KlBefore, double KlAfter, bool Kept) : ITrainingFile
{
    public static JsonFile<PolishFile> Json { get; } = new("polish.json", PipelineJson.Default.PolishFile);
}

/// <param name="Pruned">The model as it goes on: polished where that helped.</param>
/// <param name="Polished">What was opened for it; null where the model before was better. The caller's to dispose of.</param>
internal sealed record PolishResult(PrunedModel Pruned, IDecoderModel? Polished, PolishSummary Summary);

/// <summary>Polishes the refitted model.</summary>
internal sealed class PolishStage(RunContext run, CalibrationText text)
{
    private readonly PolishOptions options = new() { Seed = run.Settings.Seed };

    /// <summary>Whether a run polishes.</summary>
    public static bool Wanted(PruneSettings settings, bool large) => settings.Polish switch
    {
        PolishChoice.On => true,
        PolishChoice.Auto => !large && !settings.Quick && settings.Method.Refits && settings.Recovery is null,
        _ => false,
    };

    public PolishResult Run(PrunedModel pruned)
    {
        var stage = new TrainingStage<PolishFile>(run, "polish", "polish.state", PolishFile.Json, options.Training(text.Known), text.Known, text.Judging);
        var (found, better, seconds) = stage.Run(pruned, Train, ("polishing", "the model stays"));
        return new PolishResult(better is null ? pruned : pruned with { Recovered = better }, better,
            new PolishSummary(found.Tokens, options.Rate, seconds, found.KlBefore, found.KlAfter, found.Kept));

        PolishFile Train(IDecoderModel start, string state, Action<IDecoderModel> keep)
        {
            run.Rest();
            using var stored = StoredModel.Of(run, start);
            var polished = Polish.Run(stored, run.Dense, text.Known, text.Judging, options, state, run.Settings.Threads, stage.Steps, run.Stop);
            if (polished.Helped)
                keep(polished.Model);
            return new PolishFile(polished.Tokens, polished.KlBefore, polished.KlAfter, polished.Helped);
        }
    }
}
