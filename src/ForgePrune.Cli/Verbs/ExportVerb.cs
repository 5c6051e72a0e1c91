using System.CommandLine;
using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Cli.Rendering;

namespace ForgePrune.Cli.Verbs;

internal static class ExportVerb
{
    public static Verb Create(Session session)
    {
        var model = Options.Model();
        var place = Options.Typed("--out", "DIR", "Folder to write; must not exist.", text => Values.NewFolder("--out", text));
        place.Required = true;
        var threads = Options.Threads();
        var json = Options.Json();
        var command = new Command("export", "Write a dense or pruned model as an ONNX folder that runs as it is.") { model, place, threads, json };
        command.SetAction(line =>
        {
            var settings = new ExportSettings(line.GetValue(model)!, line.GetValue(place)!, line.GetValue(threads));
            var figures = session.WithProgress(progress => session.Engine.Export(settings, progress, session.Stop));
            session.Print(line.GetValue(json), figures, CliJson.Default.ExportFigures, ExportTable.Show);
        });
        return new Verb(command, "forgeprune export ./MiniMind2 --out minimind2-onnx");
    }
}
