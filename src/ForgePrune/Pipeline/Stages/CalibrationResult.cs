using System.Globalization;
using ForgePrune.Calibration;
using ForgePrune.Levels;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Tokens;

namespace ForgePrune.Pipeline.Stages;

/// <summary>What the dense model's activations say: one Gram per output projection, and the levels made from them.</summary>
internal sealed record CalibrationResult(GramFolder Grams, StageResult GramStage, LevelDatabase Levels, StageResult LevelStage)
{
    public static CalibrationResult Make(RunContext run, TokenWindows windows)
    {
        var grams = run.ItemStage("calibration", run.Key([Calibrator.Format], [("model", run.Dense.ContentHash), ("windows", windows.Hash)], []),
            folder => Calibrator.Run(run.Dense, run.Runner, windows, folder, run.Compute, run.Share("calibration"), run.Stop));
        var source = new GramFolder(grams.Folder, Calibrator.Source(run.Dense, windows));
        var options = new LevelOptions(Affine: run.Settings.Affine);
        var key = run.Key([LevelBuilder.Format], [("model", run.Dense.ContentHash), ("calibration", grams.Manifest.ContentHash())],
            [("damping", options.Damping.ToString(CultureInfo.InvariantCulture)), ("affine", options.Affine.ToString())]);
        var levels = run.ItemStage("levels", key,
            folder => LevelBuilder.Run(run.Dense, source, options, folder, run.Compute, run.Share("levels"), run.Stop));
        var database = LevelDatabase.Open(levels.Folder, run.Dense, source, options);
        run.Damped(database.RaisedDamping);
        return new CalibrationResult(source, grams, database, levels);
    }
}
