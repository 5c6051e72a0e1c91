using System.CommandLine;

namespace ForgePrune.Cli.Parsing;

/// <summary>What a verb's first page of help leaves to --help-all. Without either, one page shows all.</summary>
/// <param name="Further">Options that a first run does not need.</param>
/// <param name="Groups">Options that stand under a heading of their own.</param>
internal sealed record HelpLayout(IReadOnlyList<Option> Further, IReadOnlyList<(string Heading, Option[] Options)> Groups)
{
    public static HelpLayout Plain { get; } = new([], []);

    /// <summary>Left out of the first page.</summary>
    public IEnumerable<Option> Later => [.. Further, .. Groups.SelectMany(group => group.Options)];
}
