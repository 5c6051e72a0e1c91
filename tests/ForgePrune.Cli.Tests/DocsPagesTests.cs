using System.Text.RegularExpressions;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests;

/// <summary>What holds for every page: its links lead somewhere, and nothing on it lies outside the repository.</summary>
[Category("EndToEnd")]
public sealed partial class DocsPagesTests
{
    private const int WordsOfTheReadme = 900;

    [TestCaseSource(typeof(DocsCommand), nameof(DocsCommand.Pages))]
    public void Links_lead_to_files_of_the_repository(string page)
    {
        var links = Link().Matches(File.ReadAllText(page)).Select(match => match.Groups[1].Value)
            .Where(link => !link.Contains("://", StringComparison.Ordinal));
        Assert.That(links.Where(link => !Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, link))), Is.Empty);
    }

    [TestCaseSource(typeof(DocsCommand), nameof(DocsCommand.Pages))]
    public void No_page_needs_files_beside_the_repository(string page) => Assert.That(File.ReadAllText(page), Does.Not.Contain("../shared"));

    [Test]
    public void Every_page_is_in_the_index()
    {
        var index = File.ReadAllText(Path.Combine(Shared.Root, "docs", "README.md"));
        var pages = DocsCommand.Pages().Skip(1).Select(page => Path.GetFileName(page)).Where(page => page != "README.md");
        Assert.That(pages.Where(page => !index.Contains($"({page})", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void The_readme_is_short()
    {
        var text = File.ReadAllText(Path.Combine(Shared.Root, "README.md"));
        Assert.That(text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries), Has.Length.LessThan(WordsOfTheReadme));
    }

    [GeneratedRegex(@"\]\(([^)#\s]+)[^)]*\)")]
    private static partial Regex Link();
}
