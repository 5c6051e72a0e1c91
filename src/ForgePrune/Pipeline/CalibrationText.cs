using System.Globalization;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Generation;
using ForgePrune.IO;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Tokens.Text;
using ForgePrune.Tokens;

namespace ForgePrune.Pipeline;

/// <summary>The calibration text as token ids, in three parts without a document in two of them.</summary>
/// <param name="Fitting">What weights are fitted to, and what the dense model wrote on from it.</param>
/// <param name="Selection">What decides between levels, plans and refits: nothing that competes was fitted to it.</param>
/// <param name="Judging">What the result is judged on where no evaluation text is given: nothing was fitted to it or chosen by it.</param>
internal sealed record CalibrationText(TokenWindows Fitting, TokenWindows Selection, TokenWindows Judging)
{
    private const string FittingFile = "fitting.ids", SelectionFile = "selection.ids", JudgingFile = "judging.ids", FileName = "windows.ids";

    /// <summary>Everything but what judges: what the last weights are fitted to, once all is chosen.</summary>
    public TokenWindows Known => Fitting.Concat(Selection);

    /// <summary>Changes when the same windows are parted otherwise.</summary>
    public static StageFormat Format { get; } = new("text parts", 1);

    /// <summary>A continuation takes over one in so many tokens of its window: enough to stay on the subject, little enough to be new.</summary>
    private const int OpeningShare = 16;

    public static CalibrationText Make(RunContext run, DenseExport denseExport)
    {
        var settings = run.Settings;
        var file = settings.Calibration;
        // A pipe is read once: what came out of it stands for it.
        var piped = file is not null && File.Exists(file) && !FileKind.IsRegular(file) ? Read(run, file) : null;
        var key = run.Key([file is null ? SelfCalibration.Format : Windows.Format, Format],
            [file is null ? ("model", run.Dense.ContentHash) : ("file", piped is null ? HashOf(run, file) : HashOf(piped)),
                ("tokenizer", run.Companions.Text), ("ids", Ids(run))],
            [("source", file is null ? "self" : SourceOf(file)), ("tokens", Text(run.Tokens)), ("window", Text(settings.Window)),
                .. file is null ? run.Serving : []]);
        var result = run.Stage("text", key, folder =>
        {
            var parts = file is null ? TextParts.OfRuns(Sample(run, denseExport), settings.Seed, alone: true) : piped ?? Read(run, file);
            WindowFile.Write(Path.Combine(folder, FittingFile), parts.Fitting);
            WindowFile.Write(Path.Combine(folder, SelectionFile), parts.Selection);
            WindowFile.Write(Path.Combine(folder, JudgingFile), parts.Judging);
        });
        var text = new CalibrationText(Part(FittingFile), Part(SelectionFile), Part(JudgingFile));
        return settings.Continuations == 0 ? text : text.Continued(run, denseExport);

        TokenWindows Part(string name) => WindowFile.Read(result.File(name), settings.Window);
    }

    /// <summary>Adds windows that the dense model writes on from the first tokens of each fitting one. A refit has as many unknowns as a
    /// projection has columns, and errors of the same stories repeat through all blocks: with little text it learns the stories by heart.</summary>
    private CalibrationText Continued(RunContext run, DenseExport denseExport)
    {
        var (settings, kept) = (run.Settings, Math.Max(1, run.Settings.Window / OpeningShare));
        var key = run.Key([SelfCalibration.Format],
            [("model", run.Dense.ContentHash), ("windows", Fitting.Hash), ("tokenizer", run.Companions.Text)],
            [("times", Text(settings.Continuations)), ("kept", Text(kept)), .. run.Serving]);
        var result = run.Stage("continuations", key,
            folder =>
            {
                using var decoder = run.Runtime.Open(denseExport.Written.Folder, settings.Threads);
                WindowFile.Write(Path.Combine(folder, FileName), SelfCalibration.Continue(
                    decoder, run.Dense.Config, Fitting, kept, settings.Continuations * Fitting.Count, (int)settings.Seed,
                        run.Share("continuations", "written by the dense model")));
            });
        return this with { Fitting = Fitting.Concat(WindowFile.Read(result.File(FileName), settings.Window)) };
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

    private static TextParts Read(RunContext run, string file)
    {
        var (config, settings) = (run.Dense.Config, run.Settings);
        var tokenizer = Windows.HoldIds(file) ? null : run.Tokenizer;
        if (ModelTokenizer.Unbegun(file, tokenizer) is { } unbegun)
            run.Progress.Note(unbegun);
        var (parts, remarks) = PartedWindows.FromFile(
            file, tokenizer, settings.Window, config.VocabSize, run.Tokens, ModelTokenizer.Begin(config, tokenizer), settings.Seed);
        foreach (var remark in remarks)
            run.Progress.Note(remark);
        return parts;
    }

    private static string HashOf(TextParts parts) => SourceHash.Of(parts.Fitting.Hash, parts.Selection.Hash, parts.Judging.Hash).Hex;

    private static TokenWindows Sample(RunContext run, DenseExport denseExport)
    {
        ServingMemory.RequireWriting(run.Settings, denseExport.Weights);
        using var decoder = run.Runtime.Open(denseExport.Written.Folder, run.Settings.Threads);
        return SelfCalibration.Sample(
            decoder, run.Dense.Config, run.Tokens / run.Settings.Window, run.Settings.Window, (int)run.Settings.Seed,
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
