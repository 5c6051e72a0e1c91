using System.CommandLine;
using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Cli.Rendering;

namespace ForgePrune.Cli.Verbs;

internal static class EvalVerb
{
    public static Verb Create(Session session)
    {
        var model = Options.Model();
        var text = Options.Typed("--text", "FILE", "Text, JSONL or .bin token ids.", value => Values.ExistingText("--text", value));
        text.Required = true;
        var against = Options.Typed<string?>("--against", "DENSE", "Dense model: also report KL(dense ‖ model).", value => Values.ExistingModel("--against", value));
        var window = Options.Whole("--window", "Tokens per window.", 256, 2, 1 << 20);
        var threads = Options.Threads();
        var json = Options.Json();
        var command = new Command("eval", "Measure perplexity on a text, and divergence from a dense model.") { model, text, against, window, threads, json };
        command.SetAction(line =>
        {
            var settings = new EvalSettings(
                line.GetValue(model)!, line.GetValue(text)!, line.GetValue(against), line.GetValue(window), line.GetValue(threads));
            var figures = session.WithProgress(progress => session.Engine.Evaluate(settings, progress, session.Stop));
            session.Print(line.GetValue(json), figures, CliJson.Default.EvalFigures, EvalTable.Show);
        });
        return new Verb(command, "forgeprune eval ./MiniMind2 --text news.txt", "forgeprune eval runs/a --text news.txt --against ./MiniMind2 --json");
    }
}
