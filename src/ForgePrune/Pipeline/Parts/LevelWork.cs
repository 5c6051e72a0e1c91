using ForgePrune.Levels;
using ForgePrune.Pipeline.Stages;

namespace ForgePrune.Pipeline.Parts;

/// <summary>The levels of each layer: one file a layer, from the Grams of that layer alone.</summary>
internal sealed class LevelWork : PartStage
{
    public override string Name => CalibrationResult.LevelsName;

    public override bool IsPartOf(PlannedMethod method) => method.Removal.ReadsLevels;

    public override PartJob Begin(RunContext run, PlannedMethod method, CalibrationText text)
    {
        var statistics = CalibrationResult.Make(run, text);
        var options = CalibrationResult.LevelOptionsOf(run);
        return new PartJob(Name, statistics.LevelsKey(run),
            [.. Enumerable.Range(0, run.Dense.Config.Layers.Count).Select(layer => Path.GetFileName(LevelFile.Path("", layer)))],
            (layers, folder) => LevelBuilder.Make(
                run.Dense, statistics.Fitting, statistics.Validation, options, folder, run.Compute, layers, run.Share(Name), run.Stop));
    }
}
