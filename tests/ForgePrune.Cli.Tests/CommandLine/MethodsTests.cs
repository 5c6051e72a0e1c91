using System.Text.Json;
using ForgePrune.Methods;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.CommandLine;

/// <summary>What the tool tells about methods.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class MethodsTests
{
    [Test]
    public void The_table_names_every_method_in_eighty_columns()
    {
        using var folder = new TemporaryFolder();
        var tool = Tool.Run(folder, "methods");
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        foreach (var method in MethodCatalog.All)
            Assert.That(tool.Output.Split('\n').Select(line => line.Trim().Split(' ')[0]), Has.Some.EqualTo(method.Name));
        Assert.That(tool.Output, Does.Contain("(shortgpt)").And.Contain("train-large"));
        Assert.That(tool.Output.Split('\n').Max(line => line.Length), Is.LessThanOrEqualTo(80));
    }

    [Test]
    public void The_table_as_json_says_what_decides_and_who_trains()
    {
        using var folder = new TemporaryFolder();
        using var json = JsonDocument.Parse(Tool.Run(folder, "methods", "--json").Output);
        var rows = json.RootElement.EnumerateArray().ToDictionary(row => row.GetProperty("name").GetString()!);
        Assert.That(rows.Keys, Is.EqualTo(MethodCatalog.All.Select(method => method.Name)));
        Assert.That(rows["darwinlm"].GetProperty("trains").GetString(), Is.EqualTo("candidates"));
        Assert.That(rows["darwinlm-untrained"].TryGetProperty("trains", out _), Is.False);
        Assert.That(rows["arithmetic"].GetProperty("paper").GetString(), Is.EqualTo("Huang et al. 2025"));
        Assert.That(rows["block-influence"].GetProperty("aliases")[0].GetString(), Is.EqualTo("shortgpt"));
    }

    [TestCase("darwinlm-untrained", "2502.07780", "--selection-tokens <N>", "4096")]
    [TestCase("self-pruner-obs", "2502.14413", "--proposer-url <URL>", "ramp")]
    [TestCase("shortgpt", "2403.03853", "block-influence, shortgpt", "1 − mean cos")]
    [TestCase("train-large", "2002.11794", "--sizes <K,...>", "1,2,4")]
    [Category("Slow")]
    public void A_page_tells_the_paper_the_options_and_an_example(string name, params string[] told)
    {
        using var folder = new TemporaryFolder();
        var tool = Tool.Run(folder, "methods", name);
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        foreach (var text in told)
            Assert.That(tool.Output, Does.Contain(text));
        Assert.That(tool.Output, Does.Contain("Example:").And.Contain("  forgeprune "));
        Assert.That(tool.Output.Split('\n').Max(line => line.Length), Is.LessThanOrEqualTo(80));
    }
}
