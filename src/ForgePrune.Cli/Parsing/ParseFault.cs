using System.CommandLine;
using System.CommandLine.Parsing;
using ForgePrune.Errors;

namespace ForgePrune.Cli.Parsing;

/// <summary>Turns the first fault of a command line into one sentence that names the page of help to read.</summary>
internal static class ParseFault
{
    /// <summary>Options of earlier versions that are parts of --workload now.</summary>
    private static readonly string[] PartsOfWorkload = ["--batch", "--prompt", "--context"];

    public static void ThrowIfAny(ParseResult line)
    {
        if (line.Errors.Count == 0)
            return;
        var command = line.CommandResult.Command;
        var root = command.Name == CommandTree.Name;
        var verb = Words(line.CommandResult);
        var hint = $"see '{verb} --help'";
        if (UnknownOption(line) is { } unknown)
        {
            var name = unknown.Split('=', ':')[0];
            var cure = PartsOfWorkload.Contains(name) && command.Options.Any(known => known.Name == Values.WorkloadName)
                ? $"it is a part of {Values.WorkloadName} now: give {Values.WorkloadName} {Values.WorkloadParts}, such as {Values.WorkloadName} 1,128,128"
                : hint;
            throw new BadInputException($"{verb} has no option '{name}'; {cure}");
        }

        if (line.UnmatchedTokens.Count > 0)
        {
            var token = line.UnmatchedTokens[0];
            throw new BadInputException(root
                ? $"there is no verb '{token}'; the verbs are {string.Join(", ", command.Subcommands.Select(sub => sub.Name))}; {hint}"
                : $"{verb} does not take the further word '{token}'; {hint}");
        }

        if (command.Action is null && command.Subcommands.Count > 0)
            throw new BadInputException(
                $"{verb} does nothing by itself; name what it should do: {string.Join(" or ", command.Subcommands.Select(sub => sub.Name))}; {hint}");
        var message = line.Errors[0].Message.Trim().TrimEnd('.');
        throw new BadInputException(message.Contains(';', StringComparison.Ordinal) ? message : $"{message}; {hint}");
    }

    /// <summary>The command with all that it belongs to.</summary>
    public static string Words(CommandResult place) => place.Parent is CommandResult parent ? $"{Words(parent)} {place.Command.Name}" : place.Command.Name;

    /// <summary>An option that the verb does not know is left over, or was taken for the value of an argument that still had none.</summary>
    private static string? UnknownOption(ParseResult line) => line.CommandResult.Children.OfType<ArgumentResult>()
        .SelectMany(argument => argument.Tokens).Select(token => token.Value)
        .Concat(line.UnmatchedTokens).FirstOrDefault(word => word.StartsWith('-'));
}
