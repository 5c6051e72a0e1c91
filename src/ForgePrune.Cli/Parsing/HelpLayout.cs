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

    /// <summary>What the command offers of it: a verb may set some options itself.</summary>
    public HelpLayout Of(Command command) => new([.. Further.Where(command.Options.Contains)],
        [.. Groups.Select(group => (group.Heading, group.Options.Where(command.Options.Contains).ToArray())).Where(group => group.Item2.Length > 0)]);
}
