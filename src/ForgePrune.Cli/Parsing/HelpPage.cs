using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace ForgePrune.Cli.Parsing;

/// <summary>A verb's page of help: the options that a first run needs, or all of them under their headings, and examples.</summary>
/// <param name="pages">Layout and examples of every verb.</param>
/// <param name="all">Shows every option.</param>
internal sealed class HelpPage(IReadOnlyDictionary<Command, (HelpLayout Layout, string[] Examples)> pages, bool all) : SynchronousCommandLineAction
{
    /// <summary>Asks for the longer page.</summary>
    public const string AllName = "--help-all";

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult line)
    {
        var (place, command) = (line.CommandResult, line.CommandResult.Command);
        var layout = (pages.TryGetValue(command, out var own) ? own.Layout : HelpLayout.Plain).Of(command);
        var text = new HelpText(line.InvocationConfiguration.Output);
        text.Paragraph(command.Description ?? "");
        text.Line();
        text.Heading("Usage");
        text.Line(Usage(place));
        Section(text, "Arguments", [.. command.Arguments.Select(argument => (Shown(argument), argument.Description ?? ""))]);
        Option[] usual = [.. command.Options.Where(option => !Inherited(option)).Except(layout.Later), .. Shared(place)];
        Section(text, "Options", Rows(usual));
        if (all)
        {
            Section(text, "Further options", Rows(layout.Further));
            foreach (var (heading, options) in layout.Groups)
                Section(text, heading, Rows(options));
        }
        else if (layout.Later.Count() is > 0 and var left)
        {
            text.Line();
            text.Line($"{left} more options: {ParseFault.Words(place)} {AllName}");
        }

        Section(text, "Commands", [.. command.Subcommands.Select(sub => (sub.Name, sub.Description ?? ""))]);
        Examples(text, place);
        return 0;
    }

    private static string Usage(CommandResult place)
    {
        var command = place.Command;
        string[] words =
        [
            ParseFault.Words(place),
            .. command.Arguments.Select(argument => argument.Arity.MinimumNumberOfValues == 0 ? $"[{Shown(argument)}]" : Shown(argument)),
            command.Subcommands.Count > 0 ? "<COMMAND>" : "[options]",
        ];
        return string.Join(' ', words);
    }

    private static string Shown(Argument argument) => $"<{argument.Name}>";

    private static void Section(HelpText text, string heading, IReadOnlyList<(string Name, string Text)> rows)
    {
        if (rows.Count == 0)
            return;
        text.Line();
        text.Heading(heading);
        text.Columns(rows);
    }

    private static IReadOnlyList<(string Name, string Text)> Rows(IEnumerable<Option> options) =>
        [.. options.Select(option => (Named(option), option is HelpOption ? "Show this page." : $"{option.Description}{Default(option)}"))];

    private static string Named(Option option) => string.Join(", ", option.Aliases.Where(alias => alias.StartsWith('-')).Append(option.Name))
        + (option.HelpName is { } value ? $" <{value}>" : "") + (option.Required ? " (REQUIRED)" : "");

    private static string Default(Option option) => !option.HasDefaultValue ? "" : option.GetDefaultValue() switch
    {
        null or false => "",
        true => " [default: true]",
        Array values => $" [default: {string.Join(',', values.Cast<object>())}]",
        IFormattable value => $" [default: {value.ToString(null, System.Globalization.CultureInfo.InvariantCulture)}]",
        var value => $" [default: {value}]",
    };

    private static bool Inherited(Option option) => option.Recursive;

    /// <summary>Those of the whole tool.</summary>
    private static IEnumerable<Option> Shared(CommandResult place) =>
        (place.Parent is CommandResult parent ? Shared(parent) : []).Concat(place.Command.Options.Where(Inherited));

    /// <summary>Those of the command, or of the verb that it belongs to.</summary>
    private void Examples(HelpText text, SymbolResult? place)
    {
        for (; place is CommandResult command; place = command.Parent)
        {
            if (!pages.TryGetValue(command.Command, out var page))
                continue;
            text.Line();
            text.Heading(page.Examples.Length == 1 ? "Example" : "Examples");
            foreach (var example in page.Examples)
                text.Line(example);
            return;
        }
    }
}
