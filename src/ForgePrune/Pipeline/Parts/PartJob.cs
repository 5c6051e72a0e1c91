using ForgePrune.Pipeline.Runs;

namespace ForgePrune.Pipeline.Parts;

/// <summary>A stage whose items can be made now.</summary>
/// <param name="Stage">Its name.</param>
/// <param name="Key">Everything that the items depend on.</param>
/// <param name="Items">The names of their files, in the order of shares.</param>
/// <param name="Make">Makes some items, by index, in a folder. Those that are there already are not made again.</param>
internal sealed record PartJob(string Stage, StageKey Key, IReadOnlyList<string> Items, Action<IReadOnlyList<int>, string> Make)
{
    /// <summary>What each item belongs to, ascending from 0: a process takes neighboring units whole. Null where items have nothing in common.</summary>
    public IReadOnlyList<int>? Units { get; init; }

    /// <summary>The hash of the stage that the items serve, and are of no use behind; null for a stage whose items are its result.</summary>
    public string? Serves { get; init; }

    /// <summary>The name of that stage; null for the calibration.</summary>
    public string? ServedStage { get; init; }

    /// <summary>Writes down what other processes shall make, and on what kind of machine.</summary>
    public void Publish(RunContext run)
    {
        var plan = new PartPlan(Stage, Key.Hash(), run.Device, Items, Latency.Processor.Name) { Units = Units, Serves = Serves, ServedStage = ServedStage };
        plan.Write(run.Folder.FullPath);
        run.Progress.Note($"{Stage}: {Items.Count} items can be made by other processes");
    }
}
