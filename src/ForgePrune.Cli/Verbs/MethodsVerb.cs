using System.CommandLine;
using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Cli.Rendering;
using ForgePrune.Methods;

namespace ForgePrune.Cli.Verbs;

/// <summary>What --method can be: all methods in a table, or one method's page.</summary>
internal static class MethodsVerb
{
    public static Verb Create(Session session)
    {
        var name = new Argument<MethodGuide?>("METHOD")
        {
            Description = "Method or study whose page is shown. [default: a table of all]",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = Options.Reader(text => MethodGuides.Find(text)),
        };
        var json = Options.Json();
        var command = new Command("methods", "List the methods of pruning, or tell about one: its paper, what is done otherwise here, its options.")
            { name, json };
        command.SetAction(line =>
        {
            if (line.GetValue(name) is { } guide)
                session.Print(line.GetValue(json), guide, CliJson.Default.MethodGuide, (_, page) => MethodPage.Show(Console.Out, page));
            else
                session.Print(line.GetValue(json), MethodFacts.All(), CliJson.Default.IReadOnlyListMethodFacts, MethodTable.Show);
        });
        return new Verb(command, "forgeprune methods", "forgeprune methods darwinlm", "forgeprune methods train-large");
    }
}
