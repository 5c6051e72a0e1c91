using System.Text;
using System.Text.RegularExpressions;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests;

/// <summary>docs/command-line.md is what the tool's own help says. With FORGEPRUNE_WRITE_DOCS=1 the test writes the page instead.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed partial class DocsHelpTests
{
    private const string Beginning = """
        # Command line

        Every page of `forgeprune VERB --help-all`, as the tool prints it. `forgeprune VERB --help` is shorter. Exit codes: 0 done, 1 target not met,
        2 bad input (one sentence says what, where, and how to cure it), 3 broken environment, 130 stopped; the same command resumes.

        This page is made by a test, `FORGEPRUNE_WRITE_DOCS=1 dotnet test tests/ForgePrune.Cli.Tests -c Release --filter DocsHelpTests`, and compared by it.

        """;

    private static readonly string Page = Path.Combine(Shared.Root, "docs", "command-line.md");

    [Test]
    public void The_page_of_the_command_line_is_what_the_tool_prints()
    {
        var made = new StringBuilder(Beginning);
        foreach (var words in Commands([]))
            Section(made, words.Length == 0 ? "forgeprune" : string.Join(' ', words), [.. words, words.Length == 0 ? "--help" : "--help-all"]);
        Section(made, "The methods", ["methods"]);
        if (Environment.GetEnvironmentVariable("FORGEPRUNE_WRITE_DOCS") == "1")
            File.WriteAllText(Page, made.ToString());
        Assert.That(Comparable(File.ReadAllText(Page)), Is.EqualTo(Comparable(made.ToString())));
    }

    private static void Section(StringBuilder made, string title, string[] words) =>
        made.Append($"\n## {title}\n\n<!-- needs: the models and texts that it names -->\n```\n{Threads().Replace(Printed(words), "$1all]")}\n```\n");

    /// <summary>A command and all below it, as their pages list them.</summary>
    private static IEnumerable<string[]> Commands(string[] above) =>
        Listed().Matches(Printed([.. above, "--help"])).SelectMany(match => match.Groups[1].Captures)
            .SelectMany(name => Commands([.. above, name.Value])).Prepend(above);

    private static string Printed(string[] words)
    {
        var standard = Console.Out;
        using var text = new StringWriter();
        Console.SetOut(text);
        try
        {
            CommandTree.Run(words, new Session(CancellationToken.None));
        }
        finally
        {
            Console.SetOut(standard);
        }

        return string.Join('\n', text.ToString().ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd())).Trim();
    }

    /// <summary>Lines break elsewhere where a default, such as the number of processors, is longer.</summary>
    private static string Comparable(string text) => Spaces().Replace(text, " ");

    [GeneratedRegex(@"^Commands:\n(?:  (\S+).*\n(?:   .*\n)*)+", RegexOptions.Multiline)]
    private static partial Regex Listed();

    /// <summary>The default of --threads is the machine's.</summary>
    [GeneratedRegex(@"(--threads <\w+>(?:(?!\[default)[^<])*\[default:\s+)\d+\]")]
    private static partial Regex Threads();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
