using System.Globalization;
using ForgePrune.Calibration;
using ForgePrune.Levels;
using ForgePrune.Pipeline.Runs;

namespace ForgePrune.Pipeline.Stages;

/// <summary>What the dense model's activations say: Grams per output projection, and the levels made from them.</summary>
/// <param name="Fitting">The Grams of the text that weights are fitted to.</param>
/// <param name="Validation">The Grams of the text that decides.</param>
internal sealed record CalibrationResult(GramFolder Fitting, GramFolder Validation, LevelDatabase Levels, StageResult LevelStage)
{
    private const string FittingFolder = "fitting", ValidationFolder = "validation";

    /// <summary>The Grams of all text but what judges: for what is settled, and for methods that choose nothing by text.</summary>
    public IGramSource Known { get; } = new GramSum(Fitting, Validation);

    public static CalibrationResult Make(RunContext run, CalibrationText text)
    {
        var key = run.Key([Calibrator.Format],
            [("model", run.Dense.ContentHash), ("fitting", text.Fitting.Hash), ("validation", text.Selection.Hash)], []);
        var grams = run.ItemStage("calibration", key, folder =>
        {
            var (fit, validate) = (Directory.CreateDirectory(Path.Combine(folder, FittingFolder)), Directory.CreateDirectory(Path.Combine(folder, ValidationFolder)));
            Calibrator.Run(run.Dense, run.Runner, text.Fitting, fit.FullName, run.Compute, run.Share("calibration"), run.Stop);
            Calibrator.Run(run.Dense, run.Runner, text.Selection, validate.FullName, run.Compute, run.Share("calibration"), run.Stop);
        });
        var fitting = new GramFolder(grams.File(FittingFolder), Calibrator.Source(run.Dense, text.Fitting));
        var validation = new GramFolder(grams.File(ValidationFolder), Calibrator.Source(run.Dense, text.Selection));
        var options = new LevelOptions(Affine: run.Settings.Affine);
        var levelKey = run.Key([LevelBuilder.Format], [("model", run.Dense.ContentHash), ("calibration", grams.Manifest.ContentHash())],
            [("damping", options.Damping.ToString(CultureInfo.InvariantCulture)), ("affine", options.Affine.ToString())]);
        var levels = run.ItemStage("levels", levelKey,
            folder => LevelBuilder.Run(run.Dense, fitting, options, folder, run.Compute, run.Share("levels"), run.Stop));
        var database = LevelDatabase.Open(levels.Folder, run.Dense, fitting, options);
        run.Damped(database.RaisedDamping);
        return new CalibrationResult(fitting, validation, database, levels);
    }
}
