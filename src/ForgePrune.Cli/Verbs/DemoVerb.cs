using System.CommandLine;
using ForgePrune.Cli.Parsing;

namespace ForgePrune.Cli.Verbs;

/// <summary>The main job on the model that set-up brings, calibrated on text the model writes itself.</summary>
internal static class DemoVerb
{
    public static Verb Create(Session session)
    {
        var place = new Option<string>("--out") { HelpName = "RUN", Description = "Run folder.", DefaultValueFactory = _ => "demo" };
        var target = new Option<string>("--target") { HelpName = "TARGET", Description = "A speed-up or the share to keep.", DefaultValueFactory = _ => "1.2x" };
        var options = new PruneOptions();
        var json = Options.Json();
        var command = new Command("demo", "Prune the default model (stories15M) and measure the result.") { place, target };
        options.AddTo(command);
        command.Options.Add(json);
        command.SetAction(line =>
            PruneVerb.Run(session, options.Read(line, DefaultModel.Require(), line.GetValue(place)!, line.GetValue(target)!), line.GetValue(json)));
        return new Verb(command, "forgeprune demo", "forgeprune demo --out runs/half --target 0.5 --json");
    }
}
