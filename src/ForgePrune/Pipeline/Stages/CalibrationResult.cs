using System.Globalization;
using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Levels;
using ForgePrune.Pipeline.Parts;
using ForgePrune.Pipeline.Runs;

namespace ForgePrune.Pipeline.Stages;

/// <summary>What the dense model's activations say: Grams per output projection, and the levels made from them.</summary>
internal sealed class CalibrationResult
{
    public const string Name = "calibration", LevelsName = "levels";

    internal const string FittingFolder = "fitting", ValidationFolder = "validation";

    private readonly StageResult grams;
    private readonly Lazy<(LevelDatabase Database, StageResult Stage)> levels;

    private CalibrationResult(RunContext run, CalibrationText text, StageResult grams)
    {
        this.grams = grams;
        Fitting = new GramFolder(grams.File(FittingFolder), Calibrator.Source(run.Dense, text.Fitting));
        Validation = new GramFolder(grams.File(ValidationFolder), Calibrator.Source(run.Dense, text.Selection));
        Known = new GramSum(Fitting, Validation);
        levels = new(() => MakeLevels(run));
    }

    /// <summary>The Grams of the text that weights are fitted to.</summary>
    public GramFolder Fitting { get; }

    /// <summary>The Grams of the text that decides.</summary>
    public GramFolder Validation { get; }

    /// <summary>The Grams of all text but what judges: for what is settled, and for methods that choose nothing by text.</summary>
    public IGramSource Known { get; }

    /// <summary>The levels of second-order removal; made when they are first asked for.</summary>
    public LevelDatabase Levels => levels.Value.Database;

    /// <summary>The hash of everything that a method's kept sets and weights depend on here.</summary>
    /// <param name="method">The method: some need no levels.</param>
    public string Hash(PlannedMethod method) =>
        (method.Removal.ReadsLevels ? levels.Value.Stage : grams).Manifest.ContentHash();

    /// <summary>Everything that the Grams depend on.</summary>
    public static StageKey Key(RunContext run, CalibrationText text) => run.Key([Calibrator.Format], Inputs(run, text), []);

    /// <summary>What a pass of the texts through the model reads.</summary>
    public static (string Name, string Hash)[] Inputs(RunContext run, CalibrationText text) =>
        [("model", run.Dense.ContentHash), ("fitting", text.Fitting.Hash), ("validation", text.Selection.Hash)];

    public static CalibrationResult Make(RunContext run, CalibrationText text)
    {
        var borders = BorderWork.Folder(run, text);
        var grams = run.ItemStage(Name, Key(run, text), folder =>
        {
            string fitting = Path.Combine(folder, FittingFolder), validation = Path.Combine(folder, ValidationFolder);
            Directory.CreateDirectory(fitting);
            Directory.CreateDirectory(validation);
            (StreamBorders? ofFitting, StreamBorders? ofValidation) = Directory.Exists(borders.Path) ? BorderWork.Texts(run, text) : (null, null);
            Calibrator.RunTasks(
                run.Dense, run.Runner, [new(text.Fitting, fitting, Borders: ofFitting), new(text.Selection, validation, Borders: ofValidation)],
                run.Compute, StreamState.Usual, run.Share(Name), run.Stop);
        });
        // They only served to make the Grams.
        if (!run.Folder.IsReader)
            Stage.Clear(borders.Path);
        return new CalibrationResult(run, text, grams);
    }

    public static LevelOptions LevelOptionsOf(RunContext run) => new(Affine: run.Settings.Affine);

    /// <summary>Everything that <see cref="Levels"/> depend on.</summary>
    public StageKey LevelsKey(RunContext run)
    {
        var options = LevelOptionsOf(run);
        return run.Key([LevelBuilder.Format], [("model", run.Dense.ContentHash), ("calibration", grams.Manifest.ContentHash())],
            [("damping", options.Damping.ToString(CultureInfo.InvariantCulture)), ("affine", options.Affine.ToString())]);
    }

    private (LevelDatabase Database, StageResult Stage) MakeLevels(RunContext run)
    {
        // What the runtime grew to for one stage's shapes would stay beside what the next one needs.
        if (run.Large)
            run.Rest();
        var (options, key) = (LevelOptionsOf(run), LevelsKey(run));
        var stage = run.ItemStage(LevelsName, key,
            folder => LevelBuilder.Run(run.Dense, Fitting, Validation, options, folder, run.Compute, run.Share("levels"), run.Stop));
        var database = LevelDatabase.Open(stage.Folder, run.Dense, Fitting, Validation, options);
        run.Damped(database.RaisedDamping);
        if (database.ShortText() is { } shortText)
            run.Progress.Note(shortText);
        if (RarelyPassed.Note(run.Dense.Config, Fitting) is { } rare)
            run.Progress.Note(rare);
        return (database, stage);
    }
}
