using System.Globalization;
using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Model;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Progress;
using ForgePrune.Serving;
using ForgePrune.Training;

namespace ForgePrune.Methods.TrainLarge;

/// <summary>"Train large, then compress" (Li and others 2020) for causal decoders and structured pruning: at equal computing, is it better to train a
/// small model, or a larger one for fewer tokens that is then pruned to the small one's size? Every stage leaves its result in the run folder; the
/// same call again resumes at the first that is missing, a training where it was.</summary>
public static class TrainLargeStudy
{
    private const string FileName = "study.json";

    /// <summary>Where the figures are written.</summary>
    public static string PathOf(string folder) => Path.Combine(folder, FileName);

    /// <exception cref="ForgePruneException">Bad input or a broken environment.</exception>
    public static StudyFigures Run(StudySettings settings, IServingRuntime runtime, IProgressReport progress, CancellationToken stop)
    {
        RequireNoRun(settings.Out);
        RunFolder.RequireOutside(settings.Out, settings.Model);
        settings = settings with { Threads = RunThreads.Of(settings.Threads, progress.Note) };
        var vocabulary = StudyVocabulary.Open(settings.Model, settings.Text);
        var configs = settings.Sizes.ToDictionary(size => size, size => StudySizes.Config(size, vocabulary, settings.Window));
        var smallest = configs[settings.Sizes[0]];
        var budget = StudyBudget.Of(settings, smallest);
        // What the budget does not pay for is said before anything is read or trained.
        var tokens = settings.Sizes.ToDictionary(size => size, size => budget.Trained(size, configs[size]));
        var text = StudyText.Read(settings, vocabulary, budget.Tokens, progress);
        using var folder = RunFolder.Open(settings.Out);
        // The claim goes first: no old figures stand beside new models.
        File.Delete(PathOf(folder.FullPath));
        using var runner = runtime.Runner(smallest, settings.Threads);
        var study = new StudyContext(settings, vocabulary, text, folder, runtime, runner, progress, stop);
        Announce(study, budget);
        var rows = settings.Sizes.SelectMany(size => Size(study, budget, size, configs[size], smallest, tokens[size])).ToArray();
        var figures = new StudyFigures(
            budget.Flops, (long)text.HeldOut.Count * (text.HeldOut.Length - 1), settings.Window, settings.Seed,
            [.. settings.Sizes.Select(size => Describe(size, configs[size], settings.Window))], rows, study.Device, study.Versions);
        AtomicFile.WriteJson(PathOf(folder.FullPath), figures, StudyJson.Default.StudyFigures);
        folder.ForgetStates();
        return figures;
    }

    /// <summary>A pruning run has the same mark, and a study's stages would take its summary away.</summary>
    private static void RequireNoRun(string folder)
    {
        RunFolder.RequireUsable(folder);
        if (File.Exists(Path.Combine(folder, "summary.json")) || Directory.Exists(Path.Combine(folder, "dense")))
            throw new BadInputException($"`Out` {folder} is a pruning run; name a folder that is empty, absent or an earlier study");
    }

    /// <summary>One size from random weights to its rows.</summary>
    private static IReadOnlyList<StudyRow> Size(
        StudyContext study, StudyBudget budget, int size, ModelConfig config, ModelConfig smallest, long tokens)
    {
        var (settings, window) = (study.Settings, study.Settings.Window);
        using var random = RandomDecoder.Make(config, settings.Seed + size);
        using var trained = TrainStage.Run(study, $"train-{size}", random, random, budget.Training(tokens, settings));
        var training = tokens * TrainingCompute.Training(config, window);
        if (budget.IsSmallest(config))
            return FiguresStage.Run(study, size, trained, tokens, [], _ => training);
        using var pruned = ShrinkStage.Run(study, $"prune-{size}", trained, smallest);
        var taught = budget.Distilled(pruned.Config, config);
        using var distilled = TrainStage.Run(study, $"distil-{size}", pruned, trained, budget.Distillation(taught, settings));
        var distillation = TrainingCompute.Distillation(pruned.Config, config, window);
        return FiguresStage.Run(study, size, trained, tokens,
            [
                new("pruned", pruned, WeightStorage.Dense(pruned.Config)),
                new("distilled", distilled, WeightStorage.Dense(distilled.Config), taught),
            ],
            form => training + (form.Distilled * distillation));
    }

    private static void Announce(StudyContext study, StudyBudget budget)
    {
        var text = study.Text;
        study.Progress.Note(string.Create(CultureInfo.InvariantCulture,
            $"every size gets {budget.Flops:0.00e+0} floating-point operations: the smallest {budget.Tokens} tokens, of a text of {text.Training.TokenCount}"));
        if (budget.Tokens > 2 * text.Training.TokenCount)
        {
            study.Progress.Note(string.Create(CultureInfo.InvariantCulture,
                $"the smallest reads its text {(double)budget.Tokens / text.Training.TokenCount:0.0} times; more text would teach more"));
        }
    }

    private static StudySize Describe(int size, ModelConfig config, int window)
    {
        var (count, shape) = (ModelSize.Of(config), config.Layers[0]);
        return new StudySize(
            size, config.Layers.Count, config.HiddenSize, shape.QueryHeads, shape.Ffn, count.Total, count.Prunable,
            TrainingCompute.Training(config, window));
    }
}
