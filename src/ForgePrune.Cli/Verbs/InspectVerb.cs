using System.CommandLine;
using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Cli.Rendering;

namespace ForgePrune.Cli.Verbs;

internal static class InspectVerb
{
    public static Verb Create(Session session)
    {
        var model = Options.Model();
        var json = Options.Json();
        var command = new Command("inspect", "Show a model's family, shapes, sizes and tokenizer.") { model, json };
        command.SetAction(line => session.Print(line.GetValue(json), ModelInspection.Run(line.GetValue(model)!), CliJson.Default.ModelFacts, ModelTable.Show));
        return new Verb(command, "forgeprune inspect ./MiniMind2", "forgeprune inspect runs/a/safetensors --json");
    }
}
