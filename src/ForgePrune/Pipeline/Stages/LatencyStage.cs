using ForgePrune.Latency;
using ForgePrune.Levels;
using ForgePrune.Search;

namespace ForgePrune.Pipeline.Stages;

/// <summary>The latency table of every level on offer. Measured once per machine and settings; the run keeps the copy it used.</summary>
internal static class LatencyStage
{
    /// <summary>Null where the target is no time.</summary>
    public static (LatencyTable Table, string Hash)? RunWhereTimed(RunContext run) => run.Settings.Target.Metric.IsLatency() ? Run(run) : null;

    public static (LatencyTable Table, string Hash) Run(RunContext run)
    {
        var settings = TimingStage.Settings(run.Settings);
        var grid = Grid(run);
        (string, string)[] experts = run.Dense.Config.HasExperts ? [("experts", "by number and width")] : [];
        var key = run.Key([run.Runtime.LatencyFormat], [("model", run.Dense.ContentHash)],
            [.. TimingStage.Request(run.Settings), .. run.Serving, .. experts]);
        var result = run.Stage("latency", key,
            folder => LatencyFile.Json.Write(folder, LatencyFile.Of(run.Runtime.Measure(run.Dense.Config, grid, settings, run.Share("latency table")))));
        return (LatencyFile.Json.Read(result.Folder).ToTable(), result.Manifest.ContentHash());
    }

    /// <summary>Every attention level, and widths that the table is interpolated between: layers share them.</summary>
    private static LevelGrid Grid(RunContext run)
    {
        var (shapes, kind) = (run.Dense.Config.Layers.Distinct().ToArray(), run.Dense.Config.OneMlpKind);
        return new LevelGrid(
            [.. shapes.SelectMany(shape => HeadLevels.For(shape, SearchSpaceOptions.For(run.Large, KeptWidths.Multiple).AttentionLevels)).Distinct()],
            kind.IsRouted ? [] : [.. shapes.SelectMany(shape => KeptWidths.Measured(shape.Ffn)).Distinct().OrderDescending()])
        {
            Experts = kind.IsRouted ? [.. shapes.SelectMany(shape => KeptWidths.Measured(shape.Ffn, kind)).Distinct()] : [],
        };
    }
}
