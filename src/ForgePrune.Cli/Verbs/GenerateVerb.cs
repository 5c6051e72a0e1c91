using System.CommandLine;
using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Serving;

namespace ForgePrune.Cli.Verbs;

internal static class GenerateVerb
{
    public static Verb Create(Session session)
    {
        var model = Options.Model();
        var prompt = Options.Typed("--prompt", "TEXT", "What to continue.", text => Values.NotEmpty("--prompt", text));
        prompt.Required = true;
        var tokens = Options.Whole("--tokens", "Most tokens to write.", 64, 1, 1 << 20);
        var provider = Options.Provider();
        var threads = Options.Threads();
        var json = Options.Json();
        var command = new Command("generate", "Continue a text greedily.") { model, prompt, tokens, provider, threads, json };
        command.SetAction(line =>
        {
            var settings = new GenerateSettings(line.GetValue(model)!, line.GetValue(prompt)!, line.GetValue(tokens), session.Threads(line.GetValue(threads)),
                line.GetValue(provider) ?? ServingProvider.Cpu);
            var asJson = line.GetValue(json);
            var generation = TextContinuation.Run(settings, asJson ? _ => { } : Console.Out.Write, Console.Error.WriteLine, session.Stop);
            session.Print(asJson, generation, CliJson.Default.Generation, (_, _) => Console.Out.WriteLine());
        });
        return new Verb(command, "forgeprune generate runs/a/onnx --prompt \"Once upon a time\"");
    }
}
