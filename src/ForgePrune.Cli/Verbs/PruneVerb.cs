using System.CommandLine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Cli.Rendering;
using ForgePrune.Onnx;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Runs;

namespace ForgePrune.Cli.Verbs;

/// <summary>The main job: a model, a text and a target in; a smaller model with its measured speed out.</summary>
internal static class PruneVerb
{
    private const int TargetNotMet = 1;

    public static Verb Create(Session session)
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
        var json = Options.Json();
        var command = new Command("prune",
            "Prune a decoder to a target; export it to ONNX and prove it. The same command again resumes a stopped run. Exit code 1: target not met.") { model,
                place, target };
        options.AddTo(command);
        command.Options.Add(json);
        command.SetAction(line =>
        {
            options.RequireOfUse(line);
            var settings = options.Read(line, line.GetValue(model)!, line.GetValue(place)!, line.GetValue(target)!);
            return Run(session, settings, line.GetValue(json));
        });
        return new Verb(command,
            "forgeprune prune ./MiniMind2 --out runs/a --target 1.5x",
            "forgeprune prune ./MiniMind2 --out runs/b --target 1.5x --metric prefill",
            "forgeprune prune ./MiniMind2 --out runs/c --target 0.5 --calibration news.txt")
        { Layout = options.Layout };
    }

    /// <summary>Shared with demo.</summary>
    public static int Run(Session session, PruneSettings settings, bool json)
    {
        var outcome = session.WithProgress(progress => PrunePipeline.Run(settings, OnnxServing.Cpu, progress, session.Stop));
        session.Print(json, outcome.Summary, RunJson.Default.RunSummary, (console, summary) => SummaryTable.Show(console, summary, settings.Out));
        if (outcome.Shortfall is null)
            return 0;
        Console.Error.WriteLine("forgeprune: " + outcome.Shortfall);
        return TargetNotMet;
    }
}
