using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.CommandLine;

[Parallelizable(ParallelScope.All)]
public sealed class HelpTests
{
    [TestCase("demo")]
    [TestCase("prune")]
    [TestCase("compare")]
    [TestCase("inspect")]
    [TestCase("eval")]
    [TestCase("bench")]
    [TestCase("generate")]
    [TestCase("export")]
    [TestCase("study")]
    [TestCase("study train-large")]
    [TestCase("kernels")]
    [TestCase("doctor")]
    public void Every_verb_has_a_page_with_an_example_in_eighty_columns(string verb)
    {
        using var folder = new TemporaryFolder();
        var tool = Tool.Run(folder, [.. verb.Split(' '), "--help"]);
        Assert.That(tool.ExitCode, Is.Zero);
        Assert.That(tool.Error, Is.Empty);
        Assert.That(tool.Output, Does.Contain($"forgeprune {verb}").And.Contain("Example"));
        Assert.That(tool.Output.Split('\n').Select(line => line.TrimEnd().Length).Max(), Is.LessThanOrEqualTo(80));
    }

    [Test]
    public void Without_words_the_tool_shows_its_verbs()
    {
        using var folder = new TemporaryFolder();
        var tool = Tool.Run(folder);
        Assert.That(tool.ExitCode, Is.Zero);
        Assert.That(tool.Output, Does.Contain("prune").And.Contain("doctor"));
    }

    [Test]
    public void The_version_is_printed_alone()
    {
        using var folder = new TemporaryFolder();
        var tool = Tool.Run(folder, "--version");
        Assert.That(tool.ExitCode, Is.Zero);
        Assert.That(tool.Output.Trim(), Does.Match(@"^\d+\.\d+\.\d+$"));
    }
}
