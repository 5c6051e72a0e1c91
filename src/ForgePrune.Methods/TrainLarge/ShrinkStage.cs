using ForgePrune.Calibration;
using ForgePrune.Checkpoints;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Progress;
using ForgePrune.Refit;
using ForgePrune.Search.Costs;
using ForgePrune.Search;

namespace ForgePrune.Methods.TrainLarge;

/// <summary>Prunes a model to exactly as many prunable weights as another shape has, by what `prune` does: Grams, levels, a searched plan, a refit on
/// the pruned network's own activations, and the factor on the logits.</summary>
internal static class ShrinkStage
{
    private const string ModelFolder = "model";

    /// <param name="dense">With heads that have the weights of whole channels.</param>
    /// <param name="target">What to be as large as.</param>
    /// <returns>The caller's to dispose of.</returns>
    public static CheckpointModel Run(StudyContext study, string name, IDecoderModel dense, ModelConfig target)
    {
        var text = study.Text;
        var (budget, effort) = (ModelSize.Of(target).Prunable, SearchEfforts.Of(study.Settings.Quick, large: false, text.Judged.Count, timed: false));
        var key = study.Key([Calibrator.Format, LevelBuilder.Format, LevelSource.Format, SearchStage.Format, FinalRefit.Format, CheckpointWriter.Format],
            [
                ("model", dense.ContentHash), ("calibration", text.Calibration.Hash), ("judged", text.Judged.Hash),
                ("companions", study.Vocabulary.Companions.All),
            ],
            [("budget", $"{budget}"), ("quick", $"{study.Settings.Quick}")]);
        var result = study.ItemStage(name, key, folder =>
            {
                // Of use until the model is written.
                var scratch = Path.Combine(folder, "scratch");
                using var model = Shrink(study, name, dense, budget, effort, scratch);
                CheckpointWriter.Write(model, Path.Combine(folder, ModelFolder), study.Vocabulary.Source);
                Directory.Delete(scratch, recursive: true);
            });
        return DecoderModel.Open(result.File(ModelFolder), study.Folder.Hashes);
    }

    private static IDecoderModel Shrink(StudyContext study, string name, IDecoderModel dense, long budget, SearchEffort effort, string scratch)
    {
        var (text, options, cost) = (study.Text, new LevelOptions(), new PrunableCost(dense.Config));
        var grams = new GramFolder(Path.Combine(scratch, "grams"), Calibrator.Source(dense, text.Calibration));
        var judged = new GramFolder(Path.Combine(scratch, "judged"), Calibrator.Source(dense, text.Judged));
        Calibrator.Run(dense, study.Runner, text.Calibration, grams.Path, text.Judged, judged.Path, study.Compute, cancellation: study.Stop);
        var levels = LevelBuilder.Run(dense, grams, judged, options, Path.Combine(scratch, "levels"), study.Compute, cancellation: study.Stop);
        var space = SearchStage.Space(dense.Config, cost, budget, large: false, PlanShapes.Free);
        var source = LevelSource.Refitting(dense, levels, grams, RunMemory.Levels, study.Compute);
        var evaluator = new PlanEvaluator(dense, study.Runner, source, new PlanEvaluatorOptions(SearchEfforts.PositionStride, RunMemory.Streams));
        var progress = new CallbackProgress<SearchProgress>(value => study.Progress.Report($"{name}: {value.Stage}", value.Done, value.Total));
        var shapes = levels.Layers.Select(layer => layer.Mlp?.Shape()).ToArray();
        var found = new PlanSearch(space, evaluator, text.Judged, effort, progress: progress)
            .Run((ulong)study.Settings.Seed, (layer, width) => shapes[layer]![width], cancel: study.Stop);
        var plan = Filled(found.Best.Plan, levels, cost, budget);
        var refitted = FinalRefit.Run(
            dense, dense.Config with { Layers = plan.Layers }, levels, study.Runner, text.Calibration,
            new FinalRefitOptions { Choices = new MeasuredChoices(text.Judged, source, $"{LevelBuilder.Format}") },
            Path.Combine(scratch, "refit"), study.Compute, cancellation: study.Stop);
        study.Damped(name, levels.RaisedDamping.Concat(refitted.RaisedDamping));
        return LogitScale.Fit(refitted.Model, dense, study.Runner, text.Judged).Apply(refitted.Model);
    }

    /// <summary>Spends what the search left of the budget, channel by channel where the layer's error falls most.</summary>
    internal static Plan Filled(Plan plan, LevelDatabase levels, PrunableCost cost, long budget)
    {
        var left = (budget - cost.Of(plan)) / cost.Mlp(1);
        for (; left >= 1; left--)
        {
            var layer = Enumerable.Range(0, plan.Layers.Count).Where(layer => plan.Layers[layer].Ffn < Widths(layer).Count - 1).MaxBy(Gain);
            plan = plan.With(layer, plan.Layers[layer] with { Ffn = plan.Layers[layer].Ffn + 1 });
        }

        return left == 0 ? plan : throw new InvalidOperationException($"{left} of a channel is left of the budget");

        IReadOnlyList<double> Widths(int layer) => levels.Layers[layer].Mlp!.Losses;

        double Gain(int layer) => Widths(layer)[plan.Layers[layer].Ffn] - Widths(layer)[plan.Layers[layer].Ffn + 1];
    }
}
