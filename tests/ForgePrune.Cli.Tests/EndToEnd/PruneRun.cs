namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>The words of a run that takes seconds, on what SyntheticRun writes.</summary>
internal static class PruneRun
{
    public static string[] Words(string place, params string[] further) =>
    [
        "prune", "model", "--out", place, "--target", "0.6", "--calibration", "text.bin", "--window", "32", "--tokens", "768",
        "--workload", "1,16,16", "--threads", "1", "--quick", "--timing-seconds", "1", .. further,
    ];

    /// <summary>The one line that says what is wrong, among those that say what goes on.</summary>
    public static string Fault(this Tool tool)
    {
        var faults = tool.ErrorLines.Where(line => line.StartsWith("forgeprune: ", StringComparison.Ordinal)).ToArray();
        Assert.That(faults, Has.Length.EqualTo(1), tool.Error);
        Assert.That(tool.ErrorLines[^1], Is.EqualTo(faults[0]), "nothing follows the fault");
        return faults[0];
    }
}
