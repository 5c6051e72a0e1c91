using ForgePrune.IO;
using ForgePrune.Levels;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Refit;
using ForgePrune.Tokens;

namespace ForgePrune.Pipeline;

/// <summary>The kept sets and weights of every level, as a method makes them.</summary>
internal sealed record MethodLevels(LevelSource Source, IKeptSets Sets)
{
    public static MethodLevels Of(PlannedMethod method, RunContext run, CalibrationResult statistics, TokenWindows text)
    {
        var sets = method.Removal.Sets(run, statistics, text);
        return new MethodLevels(method.Refits
            ? LevelSource.Refitting(run.Dense, statistics.Levels, statistics.Grams, RunMemory.Levels, run.Compute)
            : LevelSource.Gathering(run.Dense, sets, RunMemory.Levels), sets);
    }

    /// <summary>Levels for a plan that is chosen and read several times: hashed, judged, written. Of a large model what was made stays in files.</summary>
    public LevelSource Chosen(RunContext run, CalibrationResult statistics)
    {
        if (!run.Large)
            return Source;
        // Of no use once the run is done. A folder of its own for whatever the levels are made from: another run's files are never met.
        var key = run.Key([LevelSource.Format], [("model", run.Dense.ContentHash), ("levels", statistics.LevelStage.Manifest.ContentHash())], []);
        return Source.StoredIn(run.Folder.StatePath("outputs", key), new SourceHash(key.Hash()));
    }
}
