using System.CommandLine;
using ForgePrune.Cli.Parsing;

namespace ForgePrune.Cli.Verbs;

/// <summary>A verb and the examples that end its page of help.</summary>
internal sealed record Verb(Command Command, params string[] Examples)
{
    public HelpLayout Layout { get; init; } = HelpLayout.Plain;
}
