using System.CommandLine;
using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Cli.Rendering;
using ForgePrune.Pipeline;

namespace ForgePrune.Cli.Verbs;

internal static class BenchVerb
{
    public static Verb Create(Session session)
    {
        var a = Options.Model("A", "Model to time.");
        var b = Options.Model("B", "Model to time in turn with A.");
        b.Arity = ArgumentArity.ZeroOrOne;
        var batch = Options.Whole("--batch", "Requests at once.", 1, 1, 4096);
        var prompt = Options.Whole("--prompt", "Tokens of the prompt.", 128, 1, 1 << 20);
        var context = Options.Whole("--context", "Tokens in the cache at a decode step.", 128, 1, 1 << 20);
        var threads = Options.Threads();
        var json = Options.Json();
        var command = new Command("bench", "Time prefill and decode, two models in turn: medians and 95 % intervals.")
        {
            a, b, batch, prompt, context, threads, json,
        };
        command.SetAction(line =>
        {
            var workload = new Workload(line.GetValue(batch), line.GetValue(prompt), line.GetValue(context));
            var settings = new BenchSettings(line.GetValue(a)!, line.GetValue(b), workload, session.Threads(line.GetValue(threads)));
            var figures = session.WithProgress(progress => session.Engine.Bench(settings, progress, session.Stop));
            session.Print(line.GetValue(json), figures, CliJson.Default.BenchFigures, BenchTable.Show);
        });
        return new Verb(command, "forgeprune bench ./MiniMind2 runs/a/onnx", "forgeprune bench runs/a/onnx --prompt 512 --threads 4 --json");
    }
}
