namespace ForgePrune.Pipeline.Runs;

/// <summary>run.json: tells a run folder from anyone else's.</summary>
/// <param name="Tool">Always "forgeprune".</param>
/// <param name="Format">Layout of the folder.</param>
public sealed record RunMarker(string Tool, int Format)
{
    /// <summary>Name of the file in a run folder.</summary>
    public const string FileName = "run.json";

    /// <summary>What this version writes.</summary>
    public static RunMarker Current { get; } = new("forgeprune", 1);
}
