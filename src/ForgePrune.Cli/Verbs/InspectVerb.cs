using System.CommandLine;
using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Cli.Rendering;
using ForgePrune.Onnx.Sessions;

namespace ForgePrune.Cli.Verbs;

internal static class InspectVerb
{
    public static Verb Create(Session session)
    {
        var model = Options.Model();
        var json = Options.Json();
        var command = new Command("inspect", "Show a model's family, shapes, sizes and tokenizer; of an ONNX folder, what its config and its graph say.")
        {
            model, json,
        };
        command.SetAction(line =>
        {
            if (DecoderInspection.Of(line.GetValue(model)!) is { } decoder)
                session.Print(line.GetValue(json), decoder, CliJson.Default.DecoderInspection, DecoderTable.Show);
            else
                session.Print(line.GetValue(json), ModelInspection.Run(line.GetValue(model)!), CliJson.Default.ModelFacts, ModelTable.Show);
        });
        return new Verb(command, "forgeprune inspect ./MiniMind2", "forgeprune inspect runs/a/safetensors --json");
    }
}
