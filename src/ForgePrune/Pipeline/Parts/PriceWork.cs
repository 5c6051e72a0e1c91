using System.Globalization;
using ForgePrune.IO;
using ForgePrune.Latency;
using ForgePrune.Levels;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Refit;
using ForgePrune.Search;

namespace ForgePrune.Pipeline.Parts;

/// <summary>The prices of the levels of each layer: what it costs to replace one of its blocks alone.</summary>
internal sealed class PriceWork : PartStage
{
    private const string Stage = "prices";

    public override string Name => Stage;

    public override bool IsPartOf(PlannedMethod method) => method.Plan.MeasuresPrices;

    /// <summary>Everything that prices depend on. The budget is not among it.</summary>
    public static StageKey Key(
        RunContext run, PlannedMethod method, CalibrationResult statistics, CalibrationText text, SearchSpace space, SearchEffort effort) =>
        run.Key([SingleReplacementPrices.Format, LevelSource.Format, .. method.Plan.Formats],
            [("model", run.Dense.ContentHash), ("levels", statistics.Hash(method)), ("windows", text.Selection.Slice(0, effort.PriceWindows).Hash)],
            [
                ("method", method.Name), ("affine", run.Settings.Affine.ToString()), ("grids", ManifestHash.OfText(Text(space.Priced))),
                ("stride", SearchEfforts.PositionStride.ToString(CultureInfo.InvariantCulture)),
                ("streams", RunMemory.Streams.ToString(CultureInfo.InvariantCulture)), .. method.Plan.Settings(run),
            ]);

    /// <summary>The store of measured layers, shared by all processes of the run.</summary>
    /// <param name="wanted">The layers that are measured here; null for all.</param>
    public static PartStore Store(RunContext run, StageKey key, Func<int, bool>? wanted = null) =>
        new(PartFolder.Of(run.Folder, Stage, key).Path, new SourceHash(key.Hash()), wanted);

    public override PartJob Begin(RunContext run, PlannedMethod method, CalibrationText text)
    {
        var statistics = CalibrationResult.Make(run, text);
        var levels = MethodLevels.Of(method, run, statistics, text);
        var options = SearchSpaceOptions.For(run.Large, KeptWidths.Multiple) with { Shapes = run.Settings.Shapes };
        var space = SearchSpace.For(run.Dense.Config, options, SearchCost.Of(run).Written);
        var effort = SearchStage.Effort(run, method, text);
        var key = Key(run, method, statistics, text, space, effort);
        int[] layers = [.. Enumerable.Range(0, space.Priced.Count).Where(layer => space.Priced[layer] is { Attention.Count: > 1 } or { Ffn.Count: > 1 })];
        return new PartJob(Stage, key, [.. layers.Select(PartStore.NameOf)], (indices, _) => SingleReplacementPrices.Measure(
            space.Dense, space.Priced, PlanRequest.Evaluator(run, levels), text.Selection.Slice(0, effort.PriceWindows), run.Share(Stage),
            Store(run, key, indices.Select(index => layers[index]).ToHashSet().Contains)));
    }

    private static string Text(IReadOnlyList<LevelGrid> grids) =>
        string.Join(';', grids.Select(grid =>
            $"{string.Join(',', grid.Attention.Select(level => $"{level.KvHeads}/{level.QueryHeads}"))}|{string.Join(',', grid.Ffn)}"));
}
