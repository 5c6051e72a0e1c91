using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Progress;
using ForgePrune.Serving;

namespace ForgePrune.Pipeline.Parts;

/// <summary>Runs in pieces: whoever collects holds the run's lock and ends before a stage, or runs to the end with what others have made; whoever works makes
/// items of a stage without the lock. Keys and bytes are those of a run in one piece.</summary>
internal static class PartPipeline
{
    /// <summary>Runs up to a stage, and writes down its items for others.</summary>
    public static void Prepare(PruneSettings settings, PartStage stage, IServingRuntime runtime, IProgressReport progress, CancellationToken stop) =>
        PrunePipeline.On(settings, progress, (taken, device) =>
            PrunePipeline.Prepare(taken, stage, runtime, LargeModels.Usual, device, progress, stop));

    /// <summary>Makes a share of a stage's items. Those that are there are not made again, so the same call after a fault makes the rest.</summary>
    /// <returns>How many items the share has, and how many were made.</returns>
    /// <exception cref="BadInputException">Nobody has collected the run up to the stage; or model, settings, version or machine are others.</exception>
    public static (int Items, int Made) Work(
        PruneSettings settings, PartStage stage, PartShare share, IServingRuntime runtime, IProgressReport progress, CancellationToken stop) =>
        PrunePipeline.On(settings, progress, (taken, device) =>
        {
            using var folder = RunFolder.Attach(taken.Out);
            var plan = SharedFile.Await(folder.FullPath, () => PartPlan.Read(folder.FullPath, stage.Name))
                ?? throw new BadInputException($"the items of stage '{stage.Name}' are not known yet in {taken.Out}; collect the run up to it first");
            using var dense = DecoderModel.Open(taken.Model);
            var tokenizer = RunTokenizer.Load(taken, dense, progress);
            dense.HashBy(folder.Hashes);
            using var run = new RunContext(taken, LargeModels.Usual, dense, folder, runtime, device, progress, stop) { Tokenizer = tokenizer };
            plan.RequireDevice(run.Device);
            var parts = plan.Parts(folder.FullPath);
            int[] own = [.. Enumerable.Range(0, plan.Items.Count).Where(item => plan.Owner(item, share.Count) == share.Index)];
            // Whoever collects has gone on without what is missing.
            int[] missing = plan.IsFinished(folder.FullPath) ? [] : [.. own.Where(item => !parts.Holds(plan.Items[item]))];
            if (missing.Length == 0)
                return (own.Length, 0);
            using var note = WorkNote.Begin(folder.FullPath, stage.Name, share);
            run.PlanText();
            var text = CalibrationText.Make(run, new DenseExport(run));
            var job = stage.Begin(run, (PlannedMethod)taken.Method, text);
            if (job.Key.Hash() != plan.Key)
            {
                throw new BadInputException(
                    $"stage '{stage.Name}' of {taken.Out} was begun with another model, text, version or settings; collect it up to there again");
            }

            Directory.CreateDirectory(parts.Path);
            // Damaged ones; a whole one that another process has put there meanwhile is made again with the same bits.
            foreach (var item in missing.Select(item => parts.PathOf(plan.Items[item])).Where(File.Exists))
                File.Delete(item);
            job.Make(missing, parts.Path);
            return (own.Length, missing.Length);
        });
}
