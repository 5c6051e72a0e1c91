using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Gguf;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Pipeline.Parts;
using ForgePrune.Pipeline.Report;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Progress;
using ForgePrune.Search.Costs;
using ForgePrune.Serving;
using ForgePrune.Tokens;

namespace ForgePrune.Pipeline;

/// <summary>The main job, stage by stage: text → calibration → levels → latency table → plan → contest → refit → exports → timing → recovery → proof.
/// Methods that train while they prune stand in one stage for all from the plan to the recovery.
/// Every stage leaves its result in the run folder; the same call again resumes at the first that is missing.</summary>
public static class PrunePipeline
{
    /// <param name="runtime">What the pruned model is written for, and timed on.</param>
    /// <exception cref="ForgePruneException">Bad input, a broken environment such as a device that is not there, or a target that no plan can meet.</exception>
    public static PruneResult Run(PruneSettings settings, IServingRuntime runtime, IProgressReport progress, CancellationToken stop) =>
        Run(settings, runtime, LargeModels.Usual, progress, stop);

    internal static PruneResult Run(PruneSettings settings, IServingRuntime runtime, LargeModels sizes, IProgressReport progress, CancellationToken stop) =>
        On(settings, progress, (taken, device) => Run(taken, runtime, sizes, device, progress, stop));

    /// <summary>Opens the device that the settings name, with the threads there are.</summary>
    internal static T On<T>(PruneSettings settings, IProgressReport progress, Func<PruneSettings, IPruningDevice, T> work)
    {
        settings.Require();
        settings = settings with { Threads = RunThreads.Of(settings.Threads, progress.Note), Method = settings.ShapedMethod };
        try
        {
            using var device = settings.Device.Open(settings.Threads);
            foreach (var remark in device.Remarks)
                progress.Note(remark);
            return work(settings, device.Compute);
        }
        catch (DeviceUnavailableException missing)
        {
            throw new BrokenEnvironmentException(missing.Message, missing);
        }
        catch (DeviceMemoryException fault)
        {
            throw new BrokenEnvironmentException(fault.Message, fault);
        }
    }

    /// <param name="device">Computes in the place of the one that the settings name.</param>
    internal static PruneResult Run(
        PruneSettings settings, IServingRuntime runtime, LargeModels sizes, IPruningDevice device, IProgressReport progress, CancellationToken stop) =>
        Begin(settings, runtime, sizes, device, progress, stop, Finish);

    /// <summary>Runs up to a stage, and writes down its items for others.</summary>
    internal static PartJob Prepare(
        PruneSettings settings, PartStage stage, IServingRuntime runtime, LargeModels sizes, IPruningDevice device, IProgressReport progress,
        CancellationToken stop) =>
        Begin(settings, runtime, sizes, device, progress, stop, begun =>
        {
            ExpertRuns.RequireOneProcess(begun.Run.Dense.Config);
            var job = stage.Begin(begun.Run, (PlannedMethod)begun.Run.Settings.Method, begun.Text);
            job.Publish(begun.Run);
            return job;
        });

    /// <summary>Checks everything that can be checked before work, reads the texts, and goes on.</summary>
    private static T Begin<T>(
        PruneSettings settings, IServingRuntime runtime, LargeModels sizes, IPruningDevice device, IProgressReport progress, CancellationToken stop,
        Func<Begun, T> goOn)
    {
        RunFolder.RequireOutside(settings.Out, settings.Model);
        using var dense = DecoderModel.Open(settings.Model);
        settings = ExpertRuns.Of(settings, dense.Config);
        var method = settings.Method;
        WorkloadCheck.Require(settings, dense.Config);
        method.Require(settings, dense, runtime);
        if (dense.LeftOut is { } part)
            progress.Note(part);
        if (dense.Config.QkNormAcrossHeads)
            progress.Note($"the norm of queries and keys of a {dense.Config.Family} spans all heads: FFN channels and whole blocks can go, single heads cannot");
        var tokenizer = RunTokenizer.Load(settings, dense, progress);
        var written = SearchCost.WrittenConfig(settings, dense.Config);
        settings.Shapes.Require(written);
        GgufStage.Require(settings, written, dense.Tokenizer);
        if (!settings.Target.Metric.IsLatency())
        {
            var whole = new Plan(dense.Config.Layers);
            var (size, of) = (CostModels.For(settings.Target.Metric, written, null, 1), CostModels.For(settings.Target.Metric, dense.Config, null, 1));
            SearchStage.Space(dense.Config, size, settings.Target.Budget(of.Of(whole)), sizes.Includes(dense.Config), settings.Shapes)
                .RequireWithinReach();
        }

        using var folder = RunFolder.Open(settings.Out, settings.Lenders);
        dense.HashBy(folder.Hashes);
        using var run = new RunContext(settings, sizes, dense, folder, runtime, device, progress, stop) { Tokenizer = tokenizer };
        run.PlanText();
        PlanAhead(run, method);
        var denseExport = new DenseExport(run);
        // A text that is no good should say so before a large model is written.
        var given = settings.Evaluation is { } file ? CalibrationText.Read(run, file, null) : null;
        var text = CalibrationText.Make(run, denseExport);
        if (settings.Target.Metric.IsLatency())
            ServingMemory.RequireTimed(settings, SummaryOf.Weights(run, denseExport.Written));
        return goOn(new Begun(run, text, given, denseExport));
    }

    private static PruneResult Finish(Begun begun)
    {
        var (run, text, given, denseExport) = begun;
        var (settings, method) = (run.Settings, run.Settings.Method);
        var evaluation = EvaluationText.Of(run, given ?? text.Judging);
        var recovery = settings.Recovery is { } asked && method.RecoversAfterwards ? new RecoverStage(run, asked, text) : null;
        var strategy = method.Strategy(run, text, denseExport);
        var cost = SearchCost.Of(run);
        var made = new SearchAttempts(run, strategy, cost, denseExport).Run();

        // Times do not depend on what the weights are: training begins once they are met.
        var chosen = made.Chosen;
        var polish = PolishStage.Wanted(settings, run.Large) ? new PolishStage(run, text).Run(chosen.Pruned.Value) : null;
        using var polished = polish?.Polished;
        var recovered = recovery?.Run(polish?.Pruned ?? chosen.Pruned.Value);
        using var trained = recovered?.Model;
        var (pruned, safetensors, onnx) = (trained ?? polished) is { } better
            ? SearchAttempts.Write(run, chosen.Pruned.Value with { Recovered = better }) : made.Written.Value;
        var proof = ProofStage.Run(run, pruned, onnx, evaluation);
        var samples = SampleStage.Run(run, denseExport, onnx, evaluation);
        var quantized = QuantizeStage.Run(run, pruned.Served, denseExport, onnx, text.Fitting, evaluation);
        var gguf = GgufStage.Run(run, pruned.Served, text.Fitting);
        var summary = SummaryOf.Run(
            run, pruned, denseExport, onnx, safetensors, cost.Table, chosen.Plan, made.Timing, proof, recovered?.Summary, quantized, gguf) with
        {
            Polish = polish?.Summary,
        };
        run.Folder.WriteSummary(summary);
        RunReport.Write(run, summary, chosen.Plan, RunReport.Contest(run, made.Number), samples);
        run.Folder.ForgetStates();
        NoteEarlier(run);
        return new PruneResult(run.Folder.FullPath, chosen.Plan.ToPlan(), summary, made.Shortfall(settings.Target), run.Runtime);
    }

    /// <summary>A run keeps what an earlier call left in its folder, so that going back to that call is quick. Nobody should take it for a result of this
    /// one.</summary>
    private static void NoteEarlier(RunContext run)
    {
        string[] others = [.. run.Folder.Finished().Where(stage => !run.Seconds.ContainsKey(stage))];
        if (others.Length > 0)
        {
            run.Progress.Note($"{run.Settings.Out} also holds results of an earlier call, which this one did not ask for: {string.Join(", ", others)}; "
                + "summary.json and report.html tell of this call alone");
        }
    }

    private static void PlanAhead(RunContext run, PruningMethod method)
    {
        var settings = run.Settings;
        var training = method.Training(settings, run.Large);
        var need = ResourcePlan.For(run.Dense.Config, run.Tokens, settings.Window, settings.Target.Metric.IsLatency(),
            training, settings.Memory, settings.Quantize?.Bits ?? 0, settings.Gguf is { } type ? GgufTypes.Bits(type) : 0,
            method.TakesGradient);
        need.RequireTraining(settings.Memory, training?.Cure ?? "");
        var free = need.RequireDisk(run.Folder.FullPath);
        run.Progress.Note($"plan: about {Bytes.Show(need.PeakMemoryBytes)} of memory, {Bytes.Show(need.DiskBytes)} of disk, {Bytes.Show(free)} free");
        // What was trained has a head of its own beside the dense model's.
        var passes = run.Runtime.PlanMemory(run.Dense.Config, training is null ? 1 : 2);
        if (passes?.Memory is { } shared)
            run.Compute.LeaveRoom(shared, passes.Bytes);
        if (DeviceNeed.Of(run.Dense.Config, method, run.Compute) is { } device)
            run.Progress.Note($"plan: {device}");
        if (passes is not null)
            run.Progress.Note($"plan: {passes.Clause}");
        // With a GPU in the run, nobody should have to guess which part it has.
        if (run.Runtime.Provider != ServingProvider.Cpu || settings.Device != ComputeDevice.Cpu)
        {
            run.Progress.Note($"plan: Grams, levels and refits on {settings.Device.Name}, forward passes {run.Runtime.ForwardPass ?? "on cpu"}, "
                + $"predictions judged, exported models run and timed on {run.Runtime.Provider} (`Provider`)");
        }

        if (run.Runtime.Lends is { } memory && run.Compute.Reading(memory) is { } way)
            run.Progress.Note($"plan: {way}");

        if (run.SecondsPerToken is { } pace)
        {
            run.Progress.Note(FormattableString.Invariant($"plan: calibration reads {run.Tokens:N0} tokens, about {pace * run.Tokens / 60:0.0} minutes; ")
                + "the refit takes about three times as long (`Tokens`, `Time`)");
        }
    }

    /// <summary>A run whose settings fit its model, and whose texts are read.</summary>
    /// <param name="Given">The evaluation text that the user names; null for none.</param>
    private sealed record Begun(RunContext Run, CalibrationText Text, TokenWindows? Given, DenseExport Dense);
}
