using ForgePrune.Calibration;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Stages;

namespace ForgePrune.Pipeline.Parts;

/// <summary>The hidden states at which the parts of the calibration begin. A forward pass of some windows needs no others, so that each process takes some
/// windows through all layers; Grams, whose sums go over all windows in order, come after that.</summary>
internal sealed class BorderWork : PartStage
{
    private const string Stage = "borders";

    public override string Name => Stage;

    public override bool IsPartOf(PlannedMethod method) => true;

    /// <summary>Where the states lie.</summary>
    public static PartFolder Folder(RunContext run, CalibrationText text) => PartFolder.Of(run.Folder, Stage, Key(run, text));

    /// <summary>Those of the two texts.</summary>
    public static (StreamBorders Fitting, StreamBorders Validation) Texts(RunContext run, CalibrationText text)
    {
        var folder = Folder(run, text).Path;
        return (new(run.Dense, text.Fitting, Path.Combine(folder, CalibrationResult.FittingFolder), run.Progress.Note),
            new(run.Dense, text.Selection, Path.Combine(folder, CalibrationResult.ValidationFolder), run.Progress.Note));
    }

    public override PartJob Begin(RunContext run, PlannedMethod method, CalibrationText text)
    {
        var (fitting, validation) = Texts(run, text);
        (Border Border, string Item, int Unit)[] all = CalibrationWork.IsDone(run, text) ? []
            : [.. Of(fitting, CalibrationResult.FittingFolder, 0), .. Of(validation, CalibrationResult.ValidationFolder, fitting.Groups)];
        return new PartJob(Stage, Key(run, text), [.. all.Select(one => one.Item)],
            (indices, _) => BorderPass.Run(run.Dense, run.Runner, [.. indices.Select(index => all[index].Border)], run.Share(Stage), run.Stop))
        {
            Units = [.. all.Select(one => one.Unit)],
            Serves = CalibrationResult.Key(run, text).Hash(),
        };
    }

    private static StageKey Key(RunContext run, CalibrationText text) =>
        run.Key([Calibrator.Format], CalibrationResult.Inputs(run, text), [("borders", StreamBorders.Layout)]);

    // The states of one group at all borders come from one pass, and so from one process.
    private static IEnumerable<(Border, string, int)> Of(StreamBorders text, string folder, int firstUnit) =>
        from part in Enumerable.Range(0, text.Groups)
        from layer in text.Layers
        select (new Border(text, layer, part), Path.Combine(folder, StreamBorders.NameOf(layer, part)), firstUnit + part);
}
