using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Kernels;
using ForgePrune.Latency;
using ForgePrune.Onnx.Proposals;
using ForgePrune.Onnx.Reports;
using ForgePrune.Onnx.Timing;
using ForgePrune.Runs;
using ForgePrune.Scores;
using ForgePrune.Search;
using ForgePrune.Search.Costs;

namespace ForgePrune.Onnx.Pipeline;

/// <summary>The main job, stage by stage: text → calibration → levels → latency table → plan → contest → refit → exports → timing → recovery → proof.
/// Methods that train while they prune stand in one stage for all from the plan to the recovery.
/// Every stage leaves its result in the run folder; the same call again resumes at the first that is missing.</summary>
public static class PrunePipeline
{
    // A target is usually met by the first plan or by the first correction; what three miss, more would.
    private const int Attempts = 4;

    // A speed-up counts by the lower end of its interval, so the first plan aims a little further than the target.
    private const double Aim = 0.97;

    /// <param name="device">Where Grams, levels and refits are computed; null for the processor.</param>
    /// <exception cref="ForgePruneException">Bad input, a broken environment, or a target that no plan can meet.</exception>
    public static PruneOutcome Run(PruneSettings settings, IProgressReport progress, CancellationToken stop, IPruningDevice? device = null) =>
        Run(settings, LargeModels.Usual, progress, stop, device);

    internal static PruneOutcome Run(PruneSettings settings, LargeModels sizes, IProgressReport progress, CancellationToken stop, IPruningDevice? device = null)
    {
        var method = MethodCatalog.Find(settings.Method);
        using var dense = DecoderModel.Open(settings.Model);
        WorkloadCheck.Require(settings, dense.Config);
        ProposerOf.Require(method, settings, dense);
        var whole = new Plan(dense.Config.Layers);
        if (!settings.Target.Metric.IsLatency())
        {
            var size = CostModels.For(settings.Target.Metric, dense.Config, null, 1);
            SearchStage.Space(dense.Config, size, settings.Target.Budget(size.Of(whole)), sizes.Includes(dense.Config)).RequireWithinReach();
        }

        using var folder = RunFolder.Open(settings.Out);
        using var run = new RunContext(settings, sizes, dense, folder, device ?? new Processor(), progress, stop);
        PlanAhead(run, method);
        var served = new Lazy<StageResult>(() => OnnxStages.Dense(run));
        // A text that is no good should say so before a large model is written.
        var text = CalibrationText.Make(run, served);
        var denseOnnx = served.Value;
        Serving.RequireTimed(settings, SummaryOf.Weights(denseOnnx));
        var evaluation = settings.Evaluation is { } file ? CalibrationText.Read(run, file, null) : text.HeldOut;
        var recovery = settings.Recovery is { } asked && method.Plan != PlanRule.Interleaved ? new RecoverStage(run, asked, text) : null;
        IModelMaker maker = method.Plan == PlanRule.Interleaved ? new InterleaveStage(run, method, text) : new SearchedModels(run, method, text, denseOnnx);
        (LatencyTable Table, string Hash)? table = settings.Target.Metric.IsLatency() ? LatencyStage.Run(run) : null;
        var cost = CostModels.For(settings.Target.Metric, dense.Config, table?.Table, WorkloadCheck.GeneratedTokens(settings.Workload));
        var latency = table?.Hash ?? "none";
        var budget = settings.Target.Budget(cost.Of(whole)) * (table is null ? 1 : Aim);

        // Whole models are loaded next: what only making levels would want goes first.
        StageResult Alone(Lazy<WrittenModel> written)
        {
            var onnx = written.Value.Onnx;
            maker.Forget();
            run.Rest();
            return onnx;
        }

        for (var attempt = 1; ; attempt++)
        {
            var chosen = maker.Make(attempt, cost, budget, latency);
            var plan = chosen.Plan;
            var written = new Lazy<WrittenModel>(() => Write(run, chosen.Pruned.Value));
            var timing = TimingStage.Run(run, attempt, denseOnnx, chosen.Made, plan, () => Alone(written));
            var reached = Reached(settings, timing);
            if (reached is { } speedup && speedup < 1 / settings.Target.Share && attempt < Attempts)
            {
                budget = TableCorrection.After(cost, whole, plan.ToPlan(), speedup).Budget(settings.Target, cost.Of(whole)) * Aim;
                progress.Note(FormattableString.Invariant($"search {attempt}: {speedup:0.00}x is certain where {1 / settings.Target.Share:0.00}x is asked for; searching again"));
                continue;
            }

            // Times do not depend on what the weights are: training begins once they are met.
            var recovered = recovery?.Run(chosen.Pruned.Value);
            using var trained = recovered?.Model;
            var (pruned, safetensors, onnx) = trained is null ? written.Value : Write(run, chosen.Pruned.Value with { Recovered = trained });
            var proof = ProofStage.Run(run, pruned, onnx, evaluation);
            var samples = SampleStage.Run(run, denseOnnx, onnx, evaluation);
            var quantized = QuantizeStage.Run(run, pruned.Served, denseOnnx, onnx, text.Fitting, evaluation);
            var summary = SummaryOf.Run(run, pruned, denseOnnx, onnx, safetensors, table?.Table, plan, timing, proof, recovered?.Summary, quantized);
            folder.WriteSummary(summary);
            RunReport.Write(run, summary, plan, RunReport.Contest(run, attempt), samples);
            if (Directory.Exists(MethodLevels.StateFolder(run)))
                Directory.Delete(MethodLevels.StateFolder(run), recursive: true);
            return new PruneOutcome(summary, Shortfall(settings, reached, attempt));
        }
    }

    /// <summary>The chosen model as trainers and as runtimes read it.</summary>
    private sealed record WrittenModel(PrunedModel Pruned, StageResult Safetensors, StageResult Onnx);

    private static WrittenModel Write(RunContext run, PrunedModel pruned) =>
        new(pruned, OnnxStages.Safetensors(run, pruned.Served), OnnxStages.Pruned(run, pruned.Served));

    private static void PlanAhead(RunContext run, PruningMethod method)
    {
        var settings = run.Settings;
        var trains = TrainingNeed.Trains(method, settings, run.Large);
        var need = ResourcePlan.For(run.Dense.Config, settings.Tokens, settings.Window, settings.Target.Metric.IsLatency(),
            recovers: trains, cuts: TrainingNeed.Cuts(method), quantizedBits: settings.Quantize?.Bits ?? 0);
        if (trains)
            need.RequireRecovery(settings.Memory, TrainingNeed.Cure(method, settings));
        var free = need.RequireDisk(run.Folder.FullPath);
        run.Progress.Note($"plan: about {Bytes.Show(need.PeakMemoryBytes)} of memory, {Bytes.Show(need.DiskBytes)} of disk, {Bytes.Show(free)} free");
    }

    /// <summary>The lower end of the measured speed-up, in the metric of the target; null where sizes are counted.</summary>
    private static double? Reached(PruneSettings settings, TimingFile? timing) => timing is null ? null : settings.Target.Metric switch
    {
        Metric.Prefill => timing.Prefill.Low,
        Metric.Decode => timing.Decode.Low,
        Metric.Mix => MixedSpeedup(settings, timing),
        _ => null,
    };

    private static double MixedSpeedup(PruneSettings settings, TimingFile timing)
    {
        var generated = WorkloadCheck.GeneratedTokens(settings.Workload);
        var (prefill, decode) = (Samples.Median([.. timing.Prefill.Dense]), generated * Samples.Median([.. timing.Decode.Dense]));
        return (prefill + decode) / ((prefill / timing.Prefill.Low) + (decode / timing.Decode.Low));
    }

    private static string? Shortfall(PruneSettings settings, double? reached, int attempts) => reached < 1 / settings.Target.Share
        ? FormattableString.Invariant(
            $"target not met: {1 / settings.Target.Share:0.00}x {settings.Target.Metric.ToString().ToLowerInvariant()} was asked for, {reached:0.00}x is certain after {attempts} searches; the model is written all the same")
        : null;
}
