using System.Globalization;
using System.Text.RegularExpressions;
using ForgePrune.Testing;

namespace ForgePrune.Packages.Tests;

/// <summary>The programs in samples/, as the solution builds them, on a tiny model.</summary>
[Category("EndToEnd")]
public sealed class SampleTests
{
    private TemporaryFolder folder = null!;

    [OneTimeSetUp]
    public void Make()
    {
        folder = new TemporaryFolder();
        TinyModel.Write(folder);
    }

    [OneTimeTearDown]
    public void Remove() => folder.Dispose();

    [Test]
    public void PruneAndEvaluate_makes_a_run_whose_plan_EditPlan_changes()
    {
        var pruned = Run("PruneAndEvaluate", "model", "run", "0.6", "text.txt", "text.txt");
        Assert.That(pruned, Does.Match(@"layer  2: \d KV heads, \d query heads, \d+ FFN channels\n").And.Match(@"parameters, KL \d\.\d{3} nats per token\n")
            .And.Contain("Perplexity = "));
        var edited = Run("EditPlan", "model", "run", "text.txt", "1", "24", "edited").Split('\n');
        var parameters = edited[..2].Select(line => int.Parse(Regex.Match(line, "([0-9,]+) parameters").Groups[1].Value, NumberStyles.AllowThousands))
            .ToArray();
        var kept = int.Parse(Regex.Match(pruned, @"layer  1: .* (\d+) FFN").Groups[1].Value);
        Assert.That(parameters[0] - parameters[1], Is.EqualTo(3 * TinyModel.Hidden * (kept - 24)), string.Join('\n', edited));
        Assert.That(File.Exists(folder["edited/model.onnx"]));
    }

    [Test]
    public void OwnCostModel_stays_within_its_budget()
    {
        var printed = Run("OwnCostModel", "model", "text.txt", "0.7");
        var stages = printed.Split('\n').Where(line => line.Contains(" mJ of ")).Select(line => line[20..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToArray();
        Assert.That(stages, Has.Length.GreaterThan(2), printed);
        foreach (var words in stages)
            Assert.That(double.Parse(words[0]), Is.LessThanOrEqualTo(0.7 * double.Parse(words[3]) + 0.001), printed);
        Assert.That(printed, Does.Match(@"held out: KL \d+\.\d{4}, [\d,]+ parameters\n$"));
    }

    [Test]
    public void GramsOnGpu_agrees_with_the_processor() =>
        Assert.That(Run("GramsOnGpu", "ilgpu-cpu"), Does.Contain("512 tokens of 192 columns").And.Match(@"largest difference: \d\.\de"));

    private string Run(string sample, params string[] arguments) =>
        Dotnet.Run(folder.Path, [Path.Combine(Shared.Root, "artifacts", "bin", sample, "release", sample + ".dll"), .. arguments]);
}
