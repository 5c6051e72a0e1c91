using System.Globalization;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Generation;
using ForgePrune.IO;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Tokens.Text;
using ForgePrune.Tokens;

namespace ForgePrune.Pipeline;

/// <summary>The calibration text as token ids. Part of it is held out: it decides between refits, and nothing else learns from it.</summary>
/// <param name="Fitting">What Grams and search read: the given windows that are not held out, then what the dense model wrote on from them.</param>
/// <param name="HeldOut">Every eighth window of those given; from which on is a matter of the seed.</param>
/// <param name="All">Both.</param>
internal sealed record CalibrationText(TokenWindows Fitting, TokenWindows HeldOut, TokenWindows All)
{
    private const int HoldOutEvery = 8;

    /// <summary>A continuation takes over one in so many tokens of its window: enough to stay on the subject, little enough to be new.</summary>
    private const int OpeningShare = 16;

    private const string FileName = "windows.ids";

    public static CalibrationText Make(RunContext run, Lazy<StageResult> denseOnnx)
    {
        var settings = run.Settings;
        var file = settings.Calibration;
        // A pipe is read once: what came out of it stands for it.
        var piped = file is not null && File.Exists(file) && !FileKind.IsRegular(file) ? Read(run, file, settings.Tokens) : null;
        var key = run.Key([file is null ? SelfCalibration.Format : Windows.Format],
            [file is null ? ("model", run.Dense.ContentHash) : ("file", piped?.Hash ?? HashOf(run, file)), ("tokenizer", run.Companions.Text),
                ("ids", Ids(run))],
            [("source", file is null ? "self" : SourceOf(file)), ("tokens", Text(settings.Tokens)), ("window", Text(settings.Window))]);
        var result = run.Stage("text", key,
            folder => WindowFile.Write(Path.Combine(folder, FileName), file is null ? Sample(run, denseOnnx) : piped ?? Read(run, file, settings.Tokens)));
        var split = Split(WindowFile.Read(result.File(FileName), settings.Window), settings);
        return settings.Continuations == 0 ? split : split.Continued(run, denseOnnx);
    }

    /// <summary>Adds windows that the dense model writes on from the first tokens of each fitting one. A refit has as many unknowns as a
    /// projection has columns, and errors of the same stories repeat through all blocks: with little text it learns the stories by heart.</summary>
    private CalibrationText Continued(RunContext run, Lazy<StageResult> denseOnnx)
    {
        var (settings, kept) = (run.Settings, Math.Max(1, run.Settings.Window / OpeningShare));
        var key = run.Key([SelfCalibration.Format],
            [("model", run.Dense.ContentHash), ("windows", Fitting.Hash), ("tokenizer", run.Companions.Text)],
            [("times", Text(settings.Continuations)), ("kept", Text(kept))]);
        var result = run.Stage("continuations", key,
            folder =>
            {
                using var decoder = run.Runtime.Open(denseOnnx.Value.Folder, settings.Threads);
                WindowFile.Write(Path.Combine(folder, FileName), SelfCalibration.Continue(
                    decoder, run.Dense.Config, Fitting, kept, settings.Continuations * Fitting.Count, (int)settings.Seed,
                        run.Share("continuations", "written by the dense model")));
            });
        var fitting = Fitting.Concat(WindowFile.Read(result.File(FileName), settings.Window));
        return new CalibrationText(fitting, HeldOut, fitting.Concat(HeldOut));
    }

    /// <summary>Windows of a text for evaluation, by the same rules.</summary>
    public static TokenWindows Read(RunContext run, string file, long? tokens)
    {
        var config = run.Dense.Config;
        var tokenizer = Windows.HoldIds(file) ? null : run.Tokenizer;
        if (ModelTokenizer.Unbegun(file, tokenizer) is { } unbegun)
            run.Progress.Note(unbegun);
        return Windows.FromFile(file, tokenizer, run.Settings.Window, config.VocabSize, tokens, ModelTokenizer.Begin(config, tokenizer)).Said(run.Progress);
    }

    private static CalibrationText Split(TokenWindows all, PruneSettings settings)
    {
        if (all.Count < HoldOutEvery)
        {
            throw new BadInputException(
                $"the calibration text gives {all.Count} windows of {settings.Window} tokens where at least {HoldOutEvery} are needed; give more text or a smaller `Window`");
        }

        var (fitting, heldOut) = all.HoldOut(HoldOutEvery, settings.Seed);
        return new CalibrationText(fitting, heldOut, all);
    }

    private static TokenWindows Sample(RunContext run, Lazy<StageResult> denseOnnx)
    {
        ServingMemory.RequireWriting(run.Settings, SummaryOf.Weights(run, denseOnnx.Value));
        using var decoder = run.Runtime.Open(denseOnnx.Value.Folder, run.Settings.Threads);
        return SelfCalibration.Sample(
            decoder, run.Dense.Config, run.Settings.Tokens / run.Settings.Window, run.Settings.Window, (int)run.Settings.Seed,
                run.Share("text", "sampled from the dense model"));
    }

    /// <summary>Where a text begins and how many ids there are is the config's to say as well.</summary>
    private static string Ids(RunContext run) =>
        string.Create(CultureInfo.InvariantCulture,
            $"{run.Dense.Config.BosTokenId}, {string.Join(' ', run.Dense.Config.EosTokenIds)} of {run.Dense.Config.VocabSize}");

    /// <summary>The ending says how the bytes are read: as lines of JSON, or as ids of how many bytes.</summary>
    private static string SourceOf(string file) => $"file{Path.GetExtension(file).ToLowerInvariant()}";

    private static string HashOf(RunContext run, string file) =>
        File.Exists(file) ? run.Folder.Hashes.OfFile(file) : throw new BadInputException($"{file} is not there; give a text, JSONL or .bin file");

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
