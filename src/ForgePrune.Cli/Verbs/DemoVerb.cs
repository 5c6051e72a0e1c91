using System.CommandLine;
using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Parsing;
using Spectre.Console;

namespace ForgePrune.Cli.Verbs;

/// <summary>The main job on the model that set-up brings, calibrated on text the model writes itself.</summary>
internal static class DemoVerb
{
    /// <summary>Chosen so that the demonstration ends within minutes on two cores.</summary>
    private const int Tokens = 16384;

    /// <summary>A size, which a search always meets: a speed depends on how quiet the machine is.</summary>
    private const string Target = "0.7";

    private const string Prompt = "Once upon a time";
    private const int SampleTokens = 40;

    public static Verb Create(Session session)
    {
        var place = new Option<string>("--out") { HelpName = "RUN", Description = "Run folder.", DefaultValueFactory = _ => "demo" };
        var target = new Option<string>("--target")
        {
            HelpName = "TARGET",
            Description = "A speed-up or the share to keep.",
            DefaultValueFactory = _ => Target
        };
        var options = new PruneOptions(session, Tokens, usuallyQuick: true);
        var json = Options.Json();
        var command = new Command("demo", "Prune the default model (stories15M) and measure the result.") { place, target };
        options.AddTo(command);
        command.Options.Add(json);
        command.SetAction(line =>
        {
            options.RequireOfUse(line);
            var settings = options.Read(line, DefaultModel.Require(), line.GetValue(place)!, line.GetValue(target)!);
            var exitCode = PruneVerb.Run(session, settings, line.GetValue(json));
            if (!line.GetValue(json))
                ShowWhatNext(session, settings);
            return exitCode;
        });
        return new Verb(command, "forgeprune demo", "forgeprune demo --out runs/fast --target 1.2x --quick false", "forgeprune demo --json")
        { Layout = options.Layout };
    }

    private static void ShowWhatNext(Session session, PruneSettings settings)
    {
        var pruned = Path.Combine(settings.Out, "onnx");
        session.Out.WriteLine();
        session.Out.WriteLine($"dense:  {Sample(session, Path.Combine(settings.Out, "dense"), settings)}");
        session.Out.WriteLine($"pruned: {Sample(session, pruned, settings)}");
        session.Out.WriteLine();
        session.Out.WriteLine($"Next: {pruned} runs as it is in ONNX Runtime and GenAI. Try");
        session.Out.WriteLine($"  ./forgeprune generate {ShellWords.Typed(pruned)} --prompt \"{Prompt}\"");
        session.Out.WriteLine($"  ./forgeprune bench {ShellWords.Typed(Path.Combine(settings.Out, "dense"))} {ShellWords.Typed(pruned)}");
        session.Out.WriteLine("  ./forgeprune prune YOUR_MODEL --out runs/mine --target 1.5x");
    }

    private static string Sample(Session session, string folder, PruneSettings settings) =>
        TextContinuation.Run(
            new GenerateSettings(folder, Prompt, SampleTokens, settings.Threads, settings.Provider), _ => { }, Console.Error.WriteLine, session.Stop)
            .Text.ReplaceLineEndings(" ");
}
