using System.Text.Json;
using ForgePrune.Compaction;
using ForgePrune.Model;
using ForgePrune.Scores;
using ForgePrune.Search;

namespace ForgePrune.Onnx.Pipeline;

/// <summary>contest.json: what each plan gave after a refit.</summary>
internal sealed record ContestFile(IReadOnlyList<Contender> Contenders, string Chosen);

/// <param name="Kl">Mean KL(dense ‖ pruned) on the held-out windows, nats per token, with the best factor on the logits.</param>
/// <param name="LogitScale">That factor.</param>
/// <param name="Refitted">Whether the refit made it better; where it did not, the levels stay as the search saw them.</param>
internal sealed record Contender(string Name, IReadOnlyList<LayerShape> Layers, double Cost, double Kl, double LogitScale, bool Refitted);

/// <summary>The search compares plans before the final refit, and the refit may turn their order round. So the plans it found on its way
/// are refitted, and the best of them on held-out text goes on. All fitting windows are used: on a third of them refits rank plans otherwise.</summary>
internal sealed class PlanContest(RunContext run, PruningMethod method, MethodLevels levels, CalibrationText text)
{
    private const string FileName = "contest.json";

    /// <summary>The plan that goes on, and what it gave; null for methods that do not refit.</summary>
    /// <param name="attempt">Which search found the plans.</param>
    public (PlanFile Plan, Contender? Winner) Run(int attempt, PlanFile found)
    {
        if (!method.Refits)
            return (found, null);
        var contenders = Contenders(found).DistinctBy(stage => new Plan(stage.Layers)).ToArray();
        var result = run.Stage($"contest-{attempt}", [("model", run.Dense.ContentHash), ("windows", text.All.Hash)],
            [("plans", JsonSerializer.Serialize(contenders)), ("refit", run.RefitOptions.ToString())],
            folder => File.WriteAllBytes(Path.Combine(folder, FileName),
                JsonSerializer.SerializeToUtf8Bytes(Hold(contenders, folder), PipelineJson.Default.ContestFile)));
        var file = JsonSerializer.Deserialize(File.ReadAllBytes(result.File(FileName)), PipelineJson.Default.ContestFile)!;
        var winner = file.Contenders.Single(contender => contender.Name == file.Chosen);
        return (found with { Layers = winner.Layers, Cost = winner.Cost }, winner);
    }

    /// <summary>A method with a rule of its own has one plan. Of a search, the plan it found and the uniform one; with time, everything between.</summary>
    private IEnumerable<PlanStage> Contenders(PlanFile found) => method.Plan == PlanRule.Search && !run.Settings.Quick
        ? found.Stages
        : found.Stages.Where(stage => stage.Layers.SequenceEqual(found.Layers) || (method.Plan == PlanRule.Search && stage.Name == "uniform"));

    private ContestFile Hold(PlanStage[] contenders, string folder)
    {
        var results = new List<Contender>();
        foreach (var contender in contenders)
        {
            var (from, part) = ((double)results.Count / contenders.Length, 1.0 / contenders.Length);
            results.Add(Judge(contender, Path.Combine(folder, "trial"), run.Share("contest", contender.Name, from, from + part)));
        }

        return new ContestFile(results, results.MinBy(result => result.Kl)!.Name);
    }

    private Contender Judge(PlanStage contender, string trial, IProgress<double> progress)
    {
        using var searched = CompactModel.Build(run.Dense, new Plan(contender.Layers), levels.Source);
        var before = LogitScale.Fit(searched, run.Dense, run.Runner, text.HeldOut);
        var refitted = FinalRefit.Run(run.Dense, searched.Config, levels.Sets, run.Runner, text.Fitting, run.RefitOptions, trial, progress, run.Stop);
        var after = LogitScale.Fit(refitted.Model, run.Dense, run.Runner, text.HeldOut);
        Directory.Delete(trial, recursive: true);
        var best = after.Kl < before.Kl ? after : before;
        return new Contender(contender.Name, contender.Layers, contender.Cost, best.Kl, best.Factor, best == after);
    }
}
