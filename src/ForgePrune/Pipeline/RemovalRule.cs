using ForgePrune.Levels;
using ForgePrune.Pipeline.Stages;

namespace ForgePrune.Pipeline;

/// <summary>What decides which groups of a block go first.</summary>
internal abstract class RemovalRule
{
    /// <summary>The rule in a few words.</summary>
    public abstract string Summary { get; }

    /// <summary>Whether the rule takes a gradient of the whole dense model.</summary>
    public virtual bool TakesGradient => false;

    /// <summary>Whether the levels of second-order removal are read.</summary>
    public virtual bool ReadsLevels => true;

    /// <summary>What every level keeps.</summary>
    /// <param name="text">What may be read to find it.</param>
    public abstract IKeptSets Sets(RunContext run, CalibrationResult statistics, CalibrationText text);
}

/// <summary>Greedy second-order elimination, as the level database holds it.</summary>
internal sealed class SecondOrderRemoval : RemovalRule
{
    private SecondOrderRemoval()
    {
    }

    public static SecondOrderRemoval Instance { get; } = new();

    public override string Summary => "second order";

    public override IKeptSets Sets(RunContext run, CalibrationResult statistics, CalibrationText text) => statistics.Levels;
}
