using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.CommandLine;

[Parallelizable(ParallelScope.All)]
public sealed class HelpTests
{
    [TestCase("demo")]
    [TestCase("prune")]
    [TestCase("jobs")]
    [TestCase("jobs submit")]
    [TestCase("compare")]
    [TestCase("inspect")]
    [TestCase("eval")]
    [TestCase("bench")]
    [TestCase("generate")]
    [TestCase("export")]
    [TestCase("methods")]
    [TestCase("study")]
    [TestCase("study train-large")]
    [TestCase("kernels")]
    [TestCase("doctor")]
    [Category("Slow")]
    public void Every_verb_has_two_pages_with_an_example_in_eighty_columns(string verb)
    {
        using var folder = new TemporaryFolder();
        foreach (var page in new[] { "--help", "--help-all" })
        {
            var tool = Tool.Run(folder, [.. verb.Split(' '), page]);
            Assert.That(tool.ExitCode, Is.Zero);
            Assert.That(tool.Error, Is.Empty);
            Assert.That(tool.Output, Does.Contain($"forgeprune {verb}").And.Contain("Example"));
            Assert.That(tool.Output.Split('\n').Select(line => line.Length).Max(), Is.LessThanOrEqualTo(80));
        }
    }

    [TestCase("prune", "--out --target --metric --calibration --tokens --eval --method --recover --recover-text --quantize --quick --workload --seed "
        + "--device --threads --memory --json")]
    [TestCase("compare", "--methods --targets --seeds --out --tasks --recover --workload --json")]
    [TestCase("demo", "--out --target --quick --workload --json")]
    [Category("Slow")]
    public void The_first_page_shows_what_a_first_run_needs_and_names_the_page_with_the_rest(string verb, string needed)
    {
        using var folder = new TemporaryFolder();
        string[] first = Named(Tool.Run(folder, verb, "--help").Output), all = Named(Tool.Run(folder, verb, "--help-all").Output);
        Assert.That(first, Is.SupersetOf(needed.Split(' ')));
        Assert.That(first, Is.SubsetOf(all));
        string[] later = [.. all.Except(first)];
        Assert.That(later, Does.Contain("--window").And.Contain("--recover-rate").And.Contain("--proposer-url").And.Contain("--stages"));
        Assert.That(Tool.Run(folder, verb, "--help").Output, Does.Contain($"{later.Length} more options: forgeprune {verb} --help-all"));
    }

    [TestCase("bench")]
    [TestCase("eval")]
    [Category("Slow")]
    public void A_verb_with_few_options_shows_all_of_them_on_both_pages(string verb)
    {
        using var folder = new TemporaryFolder();
        var tool = Tool.Run(folder, verb, "--help");
        Assert.That(tool.Output, Is.EqualTo(Tool.Run(folder, verb, "--help-all").Output).And.Not.Contains("more options"));
    }

    [Test]
    public void Options_of_a_method_stand_under_its_heading_and_other_names_are_told()
    {
        using var folder = new TemporaryFolder();
        var page = Tool.Run(folder, "prune", "--help-all").Output;
        var (heading, option) = (page.IndexOf("Only with method adapt-pruner", StringComparison.Ordinal), page.IndexOf("--stages", StringComparison.Ordinal));
        Assert.That(heading, Is.Positive.And.LessThan(option));
        Assert.That(page, Does.Contain("shortgpt"));
    }

    private static string[] Named(string page) =>
    [
        .. page.Split('\n').Select(line => line.TrimStart()).Where(line => line.StartsWith("--", StringComparison.Ordinal))
            .Select(line => line.Split(' ', ',')[0]),
    ];

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
