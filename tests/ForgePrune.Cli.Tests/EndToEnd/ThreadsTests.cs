using System.Text.Json;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.EndToEnd;

[Parallelizable(ParallelScope.All)]
[Category("EndToEnd")]
public sealed class ThreadsTests
{
    [TestCase("eval", "model", "--text", "text.bin", "--window", "32", "--json")]
    [TestCase("compare", "model", "--methods", "magnitude,flap", "--targets", "0.7", "--metric", "prunable", "--calibration", "text.bin", "--tokens", "768",
        "--window", "32", "--workload", "1,16,16", "--quick", "--timing-seconds", "1", "--out", "cmp", "--json")]
    public void Threads_beyond_the_processors_are_said_once_and_do_no_harm(params string[] words)
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers: 2);
        var tool = Tool.Run(folder, [.. words, "--threads", "999"]);
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        Assert.That(tool.ErrorLines.Where(line => line.Contains("threads")), Has.Exactly(1).StartsWith("999 threads were asked for, "));
        using var json = JsonDocument.Parse(tool.Output);
        Assert.That(Tool.Run(folder, [.. words, "--threads", "1"]).Error, Does.Not.Contain("threads"));
    }
}
