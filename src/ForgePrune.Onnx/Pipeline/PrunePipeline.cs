using ForgePrune.Checkpoints;
using ForgePrune.Compaction;
using ForgePrune.Errors;
using ForgePrune.Latency;
using ForgePrune.Onnx.Timing;
using ForgePrune.Runs;
using ForgePrune.Scores;
using ForgePrune.Search;
using ForgePrune.Search.Costs;

namespace ForgePrune.Onnx.Pipeline;

/// <summary>The main job, stage by stage: text → calibration → levels → latency table → plan → refit → exports → timing → proof.
/// Every stage leaves its result in the run folder; the same call again resumes at the first that is missing.</summary>
public static class PrunePipeline
{
    // A target is usually met by the first plan or by the first correction; what three miss, more would.
    private const int Attempts = 4;

    // What a shape must reach above the target before the work of refitting it: the written model is timed again, with noise of its own.
    private const double Margin = 1.01;

    /// <exception cref="ForgePruneException">Bad input, a broken environment, or a target that no plan can meet.</exception>
    public static PruneOutcome Run(PruneSettings settings, IProgressReport progress, CancellationToken stop)
    {
        var method = MethodCatalog.Find(settings.Method);
        using var dense = DecoderModel.Open(settings.Model);
        WorkloadCheck.Require(settings, dense.Config);
        using var folder = RunFolder.Open(settings.Out);
        using var run = new RunContext(settings, dense, folder, progress, stop);
        PlanAhead(run);
        var denseOnnx = OnnxStages.Dense(run);
        var text = CalibrationText.Make(run, denseOnnx);
        var evaluation = settings.Evaluation is { } file ? CalibrationText.Read(run, file, null) : text.HeldOut;
        var statistics = Statistics.Make(run, text.Fitting);
        var levels = MethodLevels.Of(method, dense, statistics, RunMemory.Levels);
        (LatencyTable Table, string Hash)? table = settings.Target.Metric.IsLatency() ? LatencyStage.Run(run) : null;
        var cost = CostModels.For(settings.Target.Metric, dense.Config, table?.Table, WorkloadCheck.GeneratedTokens(settings.Workload));
        var search = new SearchStage(run, method, levels, statistics, text.Fitting);
        var whole = new Plan(dense.Config.Layers);
        var budget = settings.Target.Budget(cost.Of(whole));

        for (var attempt = 1; ; attempt++)
        {
            var plan = search.Run(attempt, cost, budget, table?.Hash ?? "none");
            if (table is not null && attempt < Attempts)
            {
                var shape = TimingStage.OfShape(run, attempt, denseOnnx, CompactModel.Build(dense, plan.ToPlan(), levels.Source));
                if (Missed(shape, Margin))
                    continue;
            }

            var pruned = new RefitStage(run, method, levels, statistics, text).Run(plan.ToPlan());
            var safetensors = OnnxStages.Safetensors(run, pruned.Model);
            var onnx = OnnxStages.Pruned(run, pruned.Model);
            var timing = TimingStage.Run(run, denseOnnx, onnx);
            if (attempt < Attempts && Missed(timing, 1))
                continue;
            var proof = ProofStage.Run(run, pruned, onnx, evaluation);
            var summary = SummaryOf.Run(run, pruned, denseOnnx, onnx, safetensors, table?.Table, plan, timing, proof);
            folder.WriteSummary(summary);
            return new PruneOutcome(summary, Shortfall(settings, Reached(settings, timing), attempt));

            // A miss corrects the table near this plan: the next search gets a smaller budget.
            bool Missed(TimingFile timed, double margin)
            {
                if (Reached(settings, timed) is not { } speedup || speedup >= margin / settings.Target.Share)
                    return false;
                budget = TableCorrection.After(cost, whole, plan.ToPlan(), speedup / margin).Budget(settings.Target, cost.Of(whole));
                progress.Note(FormattableString.Invariant($"search {attempt}: {speedup:0.00}x is certain where {1 / settings.Target.Share:0.00}x is asked for; searching again"));
                return true;
            }
        }
    }

    private static void PlanAhead(RunContext run)
    {
        var settings = run.Settings;
        var need = ResourcePlan.For(run.Dense.Config, settings.Tokens, settings.Window, settings.Threads);
        var free = need.RequireDisk(run.Folder.FullPath);
        run.Progress.Note($"plan: at most {Bytes.Show(need.PeakMemoryBytes)} of memory; {Bytes.Show(need.DiskBytes)} of disk, {Bytes.Show(free)} free");
    }

    /// <summary>The lower end of the measured speed-up, in the metric of the target; null where sizes are counted.</summary>
    private static double? Reached(PruneSettings settings, TimingFile timing) => settings.Target.Metric switch
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
