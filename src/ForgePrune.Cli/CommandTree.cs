using System.CommandLine;
using System.CommandLine.Help;
using ForgePrune.Cli.Parsing;
using ForgePrune.Cli.Verbs;

namespace ForgePrune.Cli;

/// <summary>All verbs, and the way from words to the one that runs.</summary>
internal static class CommandTree
{
    /// <summary>What users type; RootCommand would print the assembly's name.</summary>
    public const string Name = "forgeprune";

    /// <summary>No response files: a prompt may begin with '@'. No bundling: -abc is a typing error, not three options.</summary>
    public static ParserConfiguration Parsing => new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };

    public static int Run(string[] words, Session session)
    {
        var root = Build(session);
        var line = root.Parse(words, Parsing);
        if (line.Action?.ClearsParseErrors != true)
            ParseFault.ThrowIfAny(line);
        return line.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    private static Command Build(Session session)
    {
        Verb[] verbs =
        [
            DemoVerb.Create(session), PruneVerb.Create(session), JobsVerb.Create(session), CompareVerb.Create(session), MethodsVerb.Create(session),
            InspectVerb.Create(session), EvalVerb.Create(session), BenchVerb.Create(session), GenerateVerb.Create(session), ExportVerb.Create(session),
            StudyVerb.Create(session), KernelsVerb.Create(session), DoctorVerb.Create(session),
        ];
        var root = new Command(Name, "Prunes decoder language models structurally: a smaller dense ONNX model with its measured speed.")
        {
            new HelpOption(), new VersionOption(),
        };
        foreach (var verb in verbs)
            root.Subcommands.Add(verb.Command);
        var pages = verbs.ToDictionary(verb => verb.Command, verb => (verb.Layout, verb.Examples));
        pages[root] = (HelpLayout.Plain, ["forgeprune demo", "forgeprune prune MODEL --out RUN --target 1.5x", "forgeprune doctor"]);
        var page = new HelpPage(pages, all: false);
        root.Options.OfType<HelpOption>().Single().Action = page;
        root.Options.Add(new Option<bool>(HelpPage.AllName)
        {
            Description = "Show all options of a verb.",
            Recursive = true,
            Action = new HelpPage(pages, all: true),
        });
        root.SetAction(line => page.Invoke(line));
        return root;
    }
}
