using ForgePrune.Calibration;
using ForgePrune.Pipeline.Stages;

namespace ForgePrune.Pipeline.Parts;

/// <summary>The Grams of both texts, each process those of some neighboring layers. Each sum goes over all windows in their order, so that it has the bits of a
/// run in one piece.</summary>
internal sealed class CalibrationWork : PartStage
{
    public override string Name => CalibrationResult.Name;

    public override bool IsPartOf(PlannedMethod method) => true;

    /// <summary>Whether whoever collects need not have any Grams made: they are there, or lent.</summary>
    public static bool IsDone(RunContext run, CalibrationText text) =>
        !run.Folder.IsReader && run.Find(CalibrationResult.Name, CalibrationResult.Key(run, text)) is not null;

    public override PartJob Begin(RunContext run, PlannedMethod method, CalibrationText text)
    {
        var layers = run.Dense.Config.Layers;
        (string Item, string Text, int Layer)[] all = IsDone(run, text) ? [] :
        [
            .. from layer in Enumerable.Range(0, layers.Count)
               from folder in new[] { CalibrationResult.FittingFolder, CalibrationResult.ValidationFolder }
               from item in new[]
               {
                   layers[layer].HasAttention ? GramFile.AttentionPath(folder, layer) : null, layers[layer].HasMlp ? GramFile.MlpPath(folder, layer) : null,
               }.OfType<string>()
               select (item, folder, layer),
        ];
        return new PartJob(Name, CalibrationResult.Key(run, text), [.. all.Select(one => one.Item)], (indices, folder) =>
        {
            // Begun again, a process starts at its border once more: a state of its own would lie where others put theirs.
            var (fitting, validation) = BorderWork.Texts(run, text);
            Calibrator.RunTasks(run.Dense, run.Runner,
                [
                    new(text.Fitting, Path.Combine(folder, CalibrationResult.FittingFolder), Wanted(CalibrationResult.FittingFolder), fitting),
                    new(text.Selection, Path.Combine(folder, CalibrationResult.ValidationFolder), Wanted(CalibrationResult.ValidationFolder), validation),
                ],
                run.Compute, TimeSpan.MaxValue, run.Share(Name), run.Stop);

            Func<int, bool> Wanted(string name) => indices.Where(index => all[index].Text == name).Select(index => all[index].Layer).ToHashSet().Contains;
        })
        {
            Units = [.. all.Select(one => one.Layer)],
        };
    }
}
