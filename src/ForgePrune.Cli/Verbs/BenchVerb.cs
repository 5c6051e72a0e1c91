using System.CommandLine;
using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Cli.Rendering;
using ForgePrune.Serving;

namespace ForgePrune.Cli.Verbs;

internal static class BenchVerb
{
    public static Verb Create(Session session)
    {
        var a = Options.Model("A", "Model to time: a checkpoint, or an ONNX folder with a genai_config.json, whoever wrote it.");
        var b = Options.Model("B", "Model to time in turn with A.");
        b.Arity = ArgumentArity.ZeroOrOne;
        var workload = Options.Workload();
        var provider = Options.Provider();
        var graph = Options.CudaGraph();
        var threads = Options.Threads();
        var json = Options.Json();
        var command = new Command("bench", "Time prefill and decode, two models in turn, with 95 % intervals.")
        {
            a, b, workload, provider, graph, threads, json,
        };
        command.SetAction(line =>
        {
            var timed = line.GetValue(workload) ?? Workload.Usual;
            var settings = new BenchSettings(line.GetValue(a)!, line.GetValue(b), timed, session.Threads(line.GetValue(threads)),
                Options.Serving(line.GetValue(provider) ?? ServingProvider.Cpu, line.GetValue(graph)));
            var figures = session.WithProgress(progress => ModelBench.Run(settings, progress, session.Stop));
            session.Print(line.GetValue(json), figures, CliJson.Default.BenchFigures, BenchTable.Show);
        });
        return new Verb(command, "forgeprune bench ./MiniMind2 runs/a/onnx", "forgeprune bench runs/a/onnx --workload 1,512,128 --threads 4 --json");
    }
}
