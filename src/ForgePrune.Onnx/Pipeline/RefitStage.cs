using System.Text.Json;
using ForgePrune.Compaction;
using ForgePrune.Evaluation;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Scores;
using ForgePrune.Search;
using ForgePrune.Storage;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Pipeline;

/// <summary>Fits the output projections of the chosen plan once more, on the pruned network's own activations. Which way is best differs
/// from model to model, so each is tried on the fitting windows and judged on the held-out ones; the best is then made from all windows.</summary>
internal sealed class RefitStage(RunContext run, PruningMethod method, MethodLevels levels, Statistics statistics, CalibrationText text)
{
    private const string AsSearched = "as searched", ReportFile = "refit.json", ResultFolder = "result";

    /// <summary>Shares of the residual stream's error that blocks are asked to repair, beside their own output.</summary>
    private static readonly double[] ResidualShares = [0.25, 0.5, 0.75, 1];

    /// <summary>One trial is all there is time for: it is the result then, made from the fitting windows.</summary>
    private readonly bool single = run.Large;

    public PrunedModel Run(Plan plan)
    {
        var compact = CompactModel.Build(run.Dense, plan, single && method.Refits ? Stored() : levels.Source);
        if (!method.Refits)
            return new PrunedModel(compact, levels.Sets, null);
        var result = run.Stage("refit",
            [("model", run.Dense.ContentHash), ("levels", statistics.LevelStage.Manifest.ContentHash()), ("windows", text.All.Hash)],
            [("plan", JsonSerializer.Serialize(plan.Layers)), ("method", method.Name), ("affine", run.Settings.Affine.ToString()),
                ("quick", run.Settings.Quick.ToString())],
            folder => Produce(compact, folder));
        var report = JsonSerializer.Deserialize(File.ReadAllBytes(result.File(ReportFile)), PipelineJson.Default.RefitReport)!;
        if (report.Chosen == AsSearched)
            return new PrunedModel(compact, levels.Sets, report);
        var refitted = FinalRefit.Run(run.Dense, compact, levels.Sets, run.Runner, ResultText, Options(report.Chosen), result.File(ResultFolder));
        return new PrunedModel(refitted.Model, refitted, report);
    }

    /// <summary>What a large plan's weights are kept in while they are worked on; of no use once the run is done.</summary>
    public static string StateFolder(RunContext run) => Path.Combine(run.Folder.FullPath, "refit-state");

    /// <summary>A folder of its own for whatever the levels are made from: another run's files are never met.</summary>
    private LevelSource Stored()
    {
        var source = SourceHash.Of("outputs", statistics.LevelStage.Manifest.ContentHash());
        return levels.Source.StoredIn(Path.Combine(StateFolder(run), source.Hex[..16]), source);
    }

    private void Produce(IDecoderModel compact, string folder)
    {
        var choices = new List<RefitChoice> { new(AsSearched, HeldOutKl(compact)) };
        var tried = Tried().ToArray();
        var part = 1.0 / (tried.Length + 1);
        foreach (var (options, index) in tried.Select((options, index) => (options, index)))
        {
            var trial = Path.Combine(folder, $"trial-{index}");
            var refitted = FinalRefit.Run(run.Dense, compact, levels.Sets, run.Runner, text.Fitting, options, trial,
                run.Share("refit", "trial", index * part, (index + 1) * part), run.Stop);
            choices.Add(new RefitChoice(options.ToString(), HeldOutKl(refitted.Model)));
            if (single && choices[^1].Kl < choices[0].Kl)
                Directory.Move(trial, Path.Combine(folder, ResultFolder));
            else
                Directory.Delete(trial, recursive: true);
        }

        var chosen = choices.MinBy(choice => choice.Kl)!.Name;
        if (chosen != AsSearched && !single)
        {
            FinalRefit.Run(run.Dense, compact, levels.Sets, run.Runner, text.All, Options(chosen), Path.Combine(folder, ResultFolder),
                run.Share("refit", "on all windows", 1 - part), run.Stop);
        }

        run.Share("refit").Report(1);
        File.WriteAllBytes(Path.Combine(folder, ReportFile),
            JsonSerializer.SerializeToUtf8Bytes(new RefitReport(choices, chosen), PipelineJson.Default.RefitReport));
    }

    private TokenWindows ResultText => single ? text.Fitting : text.All;

    private FinalRefitOptions Options(string name) => Tried().Single(options => options.ToString() == name);

    private IEnumerable<FinalRefitOptions> Tried() => ResidualShares
        .Where(share => single ? share is 0.5 : !run.Settings.Quick || share is 0.5 or 1)
        .Select(share => new FinalRefitOptions { Target = RefitTarget.PrunedInputs, ResidualShare = share, Affine = run.Settings.Affine });

    private double HeldOutKl(IDecoderModel model) => ModelEvaluation.Run(model, run.Runner, text.HeldOut, run.Dense).Kl!.Value;
}

/// <summary>The pruned model before it is written.</summary>
/// <param name="Sets">What it keeps.</param>
/// <param name="Refit">How it was refitted; null where the method does not refit.</param>
internal sealed record PrunedModel(IDecoderModel Model, IKeptSets Sets, RefitReport? Refit);
