using System.Globalization;
using System.Text.Json;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>The page that a run leaves tells what its summary holds.</summary>
[Parallelizable(ParallelScope.All)]
[Category("EndToEnd")]
public sealed class ReportTests
{
    [Test]
    public void The_report_tells_the_figures_of_the_summary_and_the_command()
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder);
        var tool = Tool.Run(folder, PruneRun.Words("run", "--seed", "3"));
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        var page = PageText.Read(folder["run/report.html"]);
        using var summary = JsonDocument.Parse(File.ReadAllText(folder["run/summary.json"]));
        var root = summary.RootElement;

        Assert.That(page, Has.Some.Contains("forgeprune prune model --out run --target 0.6").And.Some.Contains("--seed 3"));
        Assert.That(page, Has.Some.Contains(root.GetProperty("parameters").GetProperty("after").GetInt64().ToString("N0", CultureInfo.InvariantCulture)));
        Assert.That(page, Has.Some.Contains(root.GetProperty("speedup").GetProperty("decode").GetProperty("measured").GetDouble()
            .ToString("0.00", CultureInfo.InvariantCulture) + "x"));
        Assert.That(page, Has.Some.Contains(root.GetProperty("manifest").GetString()));
        foreach (var layer in root.GetProperty("layers").EnumerateArray())
            Assert.That(page, Has.Some.EqualTo($"{layer.GetProperty("ffn").GetInt32()} of 128"));
        foreach (var stage in root.GetProperty("seconds").EnumerateObject())
            Assert.That(page, Has.Some.EqualTo(stage.Name));
        foreach (var plan in new[] { "uniform", "dynamic programming", "refinement", "evolution" })
            Assert.That(page, Has.Some.EqualTo(plan));
        Assert.That(page, Has.None.Contains("Sample texts"), "the made model has no tokenizer to read them by");
        // It goes with the summary when a stage is made anew.
        File.Delete(folder["run/manifests/proof.json"]);
        SyntheticRun.WriteText(folder["text.bin"], windows: 5);
        Assert.That(Tool.Run(folder, PruneRun.Words("run", "--seed", "3")).ExitCode, Is.EqualTo(2));
        Assert.That(File.Exists(folder["run/report.html"]), Is.False);
    }
}
