using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace ForgePrune.Cli.Parsing;

/// <summary>A page of help that ends with examples.</summary>
internal sealed class HelpPage(HelpAction standard, IReadOnlyDictionary<Command, string[]> examples) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult line)
    {
        standard.MaxWidth = 80;
        var code = standard.Invoke(line);
        if (Examples(line.CommandResult) is { } lines)
        {
            var output = line.InvocationConfiguration.Output;
            output.WriteLine(lines.Length == 1 ? "Example:" : "Examples:");
            foreach (var example in lines)
                output.WriteLine("  " + example);
        }

        return code;
    }

    /// <summary>Those of the command, or of the verb that it belongs to.</summary>
    private string[]? Examples(SymbolResult? place) => place is not CommandResult command ? null
        : examples.TryGetValue(command.Command, out var lines) ? lines : Examples(command.Parent);
}
