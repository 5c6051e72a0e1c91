using System.CommandLine;
using ForgePrune.Cli.Jobs;
using ForgePrune.Cli.Parsing;
using ForgePrune.Cli.Rendering;
using ForgePrune.Errors;
using ForgePrune.Onnx;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Serving;

namespace ForgePrune.Cli.Verbs;

/// <summary>The main job: a model, a text and a target in; a smaller model with its measured speed out.</summary>
internal static class PruneVerb
{
    private const string Name = "prune", PlanName = "--plan-jobs";

    public static Verb Create(Session session)
    {
        var (command, layout, read) = Build(session);
        var json = Options.Json();
        var plan = new Option<bool>(PlanName)
        {
            Description = "Prune nothing yet: freeze these settings in RUN for 'forgeprune jobs', which runs them on many machines.",
        };
        command.Options.Add(plan);
        command.Options.Add(json);
        command.SetAction(line =>
        {
            var settings = read(line);
            if (!line.GetValue(plan))
                return Run(session, settings, line.GetValue(json));
            session.Stop.ThrowIfCancellationRequested();
            if (settings.Provider != ServingProvider.Cpu)
                throw new BadInputException($"{PlanName}: the parts of a run that many machines make serve on the processor; give --provider cpu");
            JobPlan.Freeze(settings, [.. line.Tokens.Select(token => token.Value).Where(word => word != PlanName)]);
            Console.Error.WriteLine($"the settings are in {JobPlan.PathOf(settings.Out)}; next: forgeprune jobs submit local {ShellWords.Typed(settings.Out)}");
            return 0;
        });
        return new Verb(command,
            "forgeprune prune ./MiniMind2 --out runs/a --target 1.5x",
            "forgeprune prune ./MiniMind2 --out runs/b --target 1.5x --metric prefill",
            "forgeprune prune ./MiniMind2 --out runs/c --target 0.5 --calibration news.txt")
        { Layout = layout with { Further = [.. layout.Further, plan] } };
    }

    /// <summary>The settings that words of this verb make.</summary>
    /// <param name="words">Without the tool's name.</param>
    public static PruneSettings Settings(Session session, string[] words)
    {
        var (command, _, read) = Build(session);
        command.Options.Add(Options.Json());
        var line = new Command(CommandTree.Name) { command }.Parse(words, CommandTree.Parsing);
        ParseFault.ThrowIfAny(line);
        return read(line);
    }

    private static (Command Command, HelpLayout Layout, Func<ParseResult, PruneSettings> Read) Build(Session session)
    {
        var model = Options.Model();
        var place = new Option<string>("--out") { HelpName = "RUN", Required = true, Description = "Run folder: absent, empty, or an earlier run to resume." };
        var target = new Option<string>("--target")
        {
            HelpName = "TARGET",
            Required = true,
            Description = "A speed-up such as 1.5x, or the share to keep such as 0.5.",
        };
        var options = new PruneOptions(session);
        var command = new Command(Name,
            "Prune a decoder to a target; export it to ONNX and prove it. The same command again resumes a stopped run. Exit code 1: target not met.")
        {
            model, place, target,
        };
        options.AddTo(command);
        return (command, options.Layout, Read);

        PruneSettings Read(ParseResult line)
        {
            options.RequireOfUse(line);
            return options.Read(line, line.GetValue(model)!, line.GetValue(place)!, line.GetValue(target)!);
        }
    }

    /// <summary>Shared with demo.</summary>
    public static int Run(Session session, PruneSettings settings, bool json)
    {
        var serving = OnnxServing.On(settings.Provider);
        var outcome = session.WithProgress(progress => PrunePipeline.Run(settings, serving, progress, session.Stop));
        session.Print(json, outcome.Summary, RunJson.Default.RunSummary, (console, summary) => SummaryTable.Show(console, summary, settings.Out));
        if (outcome.Shortfall is null)
            return 0;
        Console.Error.WriteLine("forgeprune: " + outcome.Shortfall);
        return ExitCode.TargetNotMet;
    }
}
