using ForgePrune.IO;
using ForgePrune.Levels;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Refit;

namespace ForgePrune.Pipeline;

/// <summary>The kept sets and weights of every level, as a method makes them.</summary>
internal sealed class MethodLevels
{
    private readonly PlannedMethod method;

    private MethodLevels(PlannedMethod method, LevelSource source, LevelSource settled, IKeptSets sets) =>
        (this.method, Source, Settled, Sets) = (method, source, settled, sets);

    /// <summary>The weights that compete: those that are fitted know nothing of the text that decides.</summary>
    public LevelSource Source { get; }

    /// <summary>The weights of a plan that is settled, fitted to all text but what judges.</summary>
    public LevelSource Settled { get; }

    /// <summary>What every level keeps.</summary>
    public IKeptSets Sets { get; }

    public static MethodLevels Of(PlannedMethod method, RunContext run, CalibrationResult statistics, CalibrationText text)
    {
        var sets = method.Removal.Sets(run, statistics, text);
        if (method.Refits)
        {
            return new MethodLevels(method, LevelSource.Refitting(run.Dense, statistics.Levels, statistics.Fitting, RunMemory.Levels, run.Compute),
                LevelSource.Refitting(run.Dense, statistics.Levels, statistics.Known, RunMemory.Levels, run.Compute), sets);
        }

        var gathered = LevelSource.Gathering(run.Dense, sets, RunMemory.Levels);
        return new MethodLevels(method, gathered, gathered, sets);
    }

    /// <summary>Levels for a plan that is chosen and read several times: hashed, judged, written. Of a large model what was made stays in files.</summary>
    public LevelSource Chosen(RunContext run, CalibrationResult statistics) => Kept(run, statistics, Source, "competing");

    /// <summary>The same of <see cref="Settled"/>.</summary>
    public LevelSource Last(RunContext run, CalibrationResult statistics) => Kept(run, statistics, Settled, "settled");

    /// <summary>Lets go of what only the next level would want.</summary>
    public void Forget()
    {
        Source.Forget();
        Settled.Forget();
    }

    private LevelSource Kept(RunContext run, CalibrationResult statistics, LevelSource source, string text)
    {
        if (!run.Large)
            return source;
        // Of no use once the run is done. A folder of its own for whatever the levels are made from: another run's files are never met.
        var key = run.Key([LevelSource.Format], [("model", run.Dense.ContentHash), ("levels", statistics.Hash(method))], [("text", text)]);
        return source.StoredIn(run.Folder.StatePath("outputs", key), new SourceHash(key.Hash()));
    }
}
