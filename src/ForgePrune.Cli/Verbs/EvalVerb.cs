using System.CommandLine;
using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Cli.Rendering;
using ForgePrune.Errors;
using ForgePrune.Onnx;
using ForgePrune.Serving;

namespace ForgePrune.Cli.Verbs;

internal static class EvalVerb
{
    public static Verb Create(Session session)
    {
        var model = Options.Model();
        var text = Options.Typed<string?>("--text", "FILE", "Text, JSONL or .bin token ids.", value => Values.ExistingText("--text", value));
        var against = Options.Typed<string?>("--against", "DENSE", "Dense model: also report KL(dense ‖ model).",
            value => Values.ExistingModel("--against", value));
        var window = Options.Whole("--window", "Tokens per window.", 256, 2, 1 << 20);
        var tasks = new TaskOptions();
        var provider = Options.Provider();
        var threads = Options.Threads();
        var json = Options.Json();
        var command = new Command("eval", "Measure perplexity on a text, divergence from a dense model, and accuracy on multiple-choice tasks.") { model, text,
            against, window };
        tasks.AddTo(command);
        command.Options.Add(provider);
        command.Options.Add(threads);
        command.Options.Add(json);
        command.SetAction(line =>
        {
            var (name, file, dense) = (line.GetValue(model)!, line.GetValue(text), line.GetValue(against));
            var count = session.Threads(line.GetValue(threads));
            var asked = tasks.Read(line, name, count);
            if (file is null && asked is null)
                throw new BadInputException("eval has nothing to measure on; give --text FILE, --tasks FILE, or both");
            if (file is null && dense is not null)
                throw new BadInputException($"--against '{dense}' is compared on a text; give --text FILE as well");
            if (file is null && Options.Given(line, [window]).Any())
                throw new BadInputException($"{window.Name} says how a text is read; give --text FILE as well, or leave it out");
            var serving = OnnxServing.On(line.GetValue(provider) ?? ServingProvider.Cpu);
            var figures = session.WithProgress(progress =>
            {
                var read = file is null ? new EvalFigures(null, null, null)
                    : Figures(TextEvaluation.Run(new TextSettings(name, file, dense, line.GetValue(window), count), serving, progress, session.Stop));
                return asked is null ? read : read with { Tasks = TaskEvaluation.Run(asked, serving, progress, session.Stop) };
            });
            session.Print(line.GetValue(json), figures, CliJson.Default.EvalFigures, EvalTable.Show);
        });
        return new Verb(command, "forgeprune eval ./MiniMind2 --text news.txt", "forgeprune eval runs/a/onnx --text news.txt --against ./MiniMind2 --json",
            "forgeprune eval ./MiniMind2 --tasks arc_easy.jsonl,mmlu --limit 200");
    }

    private static EvalFigures Figures(TextScore score) => new(score.Perplexity, score.Kl, score.Tokens);
}
