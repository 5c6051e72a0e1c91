using System.Text.Json;
using ForgePrune.Compaction;
using ForgePrune.Evaluation;
using ForgePrune.Model;
using ForgePrune.Scores;
using ForgePrune.Search;

namespace ForgePrune.Onnx.Pipeline;

/// <summary>contest.json: what each plan gave after a refit.</summary>
internal sealed record ContestFile(IReadOnlyList<Contender> Contenders, string Chosen);

/// <param name="Kl">Mean KL(dense ‖ refitted) on the held-out windows, nats per token.</param>
internal sealed record Contender(string Name, IReadOnlyList<LayerShape> Layers, double Cost, double Kl);

/// <summary>The search compares plans before the final refit, and the refit may turn their order round. So the plans it found on its way
/// are refitted, and the best of them on held-out text goes on. All fitting windows are used: on a third of them refits rank plans otherwise.</summary>
internal sealed class PlanContest(RunContext run, PruningMethod method, MethodLevels levels, CalibrationText text)
{
    private const string FileName = "contest.json";

    private static readonly FinalRefitOptions Refit = new() { Target = RefitTarget.PrunedInputs, ResidualShare = 0.5 };

    /// <param name="attempt">Which search found the plans.</param>
    public PlanFile Run(int attempt, PlanFile found)
    {
        // One refit of a billion-parameter model takes longer than the search that the contest would check.
        if (method.Plan != PlanRule.Search || run.Large)
            return found;
        var contenders = Contenders(found).DistinctBy(stage => new Plan(stage.Layers)).ToArray();
        var result = run.Stage($"contest-{attempt}", [("model", run.Dense.ContentHash), ("windows", text.All.Hash)],
            [("plans", JsonSerializer.Serialize(contenders)), ("affine", run.Settings.Affine.ToString())],
            folder => File.WriteAllBytes(Path.Combine(folder, FileName),
                JsonSerializer.SerializeToUtf8Bytes(Hold(contenders, folder), PipelineJson.Default.ContestFile)));
        var file = JsonSerializer.Deserialize(File.ReadAllBytes(result.File(FileName)), PipelineJson.Default.ContestFile)!;
        var winner = file.Contenders.Single(contender => contender.Name == file.Chosen);
        return found with { Layers = winner.Layers, Cost = winner.Cost };
    }

    /// <summary>The searched plan and the uniform one; with time, everything between.</summary>
    private IEnumerable<PlanStage> Contenders(PlanFile found) => run.Settings.Quick
        ? found.Stages.Where(stage => stage.Name == "uniform" || stage.Layers.SequenceEqual(found.Layers))
        : found.Stages;

    private ContestFile Hold(PlanStage[] contenders, string folder)
    {
        var results = new List<Contender>();
        foreach (var contender in contenders)
        {
            var trial = Path.Combine(folder, "trial");
            var (from, part) = ((double)results.Count / contenders.Length, 1.0 / contenders.Length);
            var compact = CompactModel.Build(run.Dense, new Plan(contender.Layers), levels.Source);
            var refitted = FinalRefit.Run(run.Dense, compact, levels.Sets, run.Runner, text.Fitting, Refit with { Affine = run.Settings.Affine }, trial,
                run.Share("contest", contender.Name, from, from + part), run.Stop);
            var kl = ModelEvaluation.Run(refitted.Model, run.Runner, text.HeldOut, run.Dense).Kl!.Value;
            Directory.Delete(trial, recursive: true);
            results.Add(new Contender(contender.Name, contender.Layers, contender.Cost, kl));
        }

        return new ContestFile(results, results.MinBy(result => result.Kl)!.Name);
    }
}
