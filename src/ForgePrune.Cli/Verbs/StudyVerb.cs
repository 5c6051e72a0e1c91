using System.CommandLine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Cli.Rendering;
using ForgePrune.Errors;
using ForgePrune.Methods.TrainLarge;
using ForgePrune.Onnx;

namespace ForgePrune.Cli.Verbs;

/// <summary>Experiments on models made for them.</summary>
internal static class StudyVerb
{
    private const string Sizes = "1,2,4", QuickSizes = "1,2";

    public static Verb Create(Session session) => new(
        new Command("study", "Run an experiment on small models made for it: train-large.") { TrainLarge(session) },
        "forgeprune study train-large ./MiniMind2 --text news.txt --out study --quick",
        "forgeprune study train-large ./MiniMind2 --text news.txt --out study",
        "  --sizes 1,2,4,8 --tokens 4000000 --seed 1");

    private static Command TrainLarge(Session session)
    {
        var model = Options.Model(help: "Model whose tokenizer is used, or a folder with a tokenizer.json.");
        var text = Options.Typed("--text", "FILE",
            "Text, JSONL or .bin token ids to learn from; the end judges.", value => Values.ExistingText("--text", value));
        var place = new Option<string>("--out")
        { HelpName = "FOLDER", Required = true, Description = "Folder of the study; the same command again resumes." };
        var sizes = Options.Typed("--sizes", "K,...",
            $"Sizes in multiples of the smallest shape, rising. [default: {Sizes}; quick: {QuickSizes}]", Multiples);
        var tokens = Options.Typed<long?>("--tokens", "N",
            "Tokens of the smallest model; every size computes as much. [default: a fixed amount of computing]",
            value => Values.Whole("--tokens", value, 1, int.MaxValue));
        var window = Options.Whole("--window", "Tokens per window.", StudySettings.DefaultWindow, 2, 1 << 16);
        var rate = Options.Typed("--rate", "RATE",
            "Largest learning rate of training; distillation takes a quarter.", value => Values.Number("--rate", value, 1e-6, 1), StudySettings.DefaultRate);
        var seed = Options.Whole("--seed", "Seed of weights, windows and search.", 0, 0, int.MaxValue);
        var threads = Options.Threads();
        var quick = new Option<bool>("--quick") { Description = "Compute and search less, for a first look." };
        var json = Options.Json();
        text.Required = true;
        var command = new Command("train-large",
            "Train large, then compress: at equal computing, is a larger model that is pruned better than a small one?")
            { model, text, place, sizes, tokens, window, rate, seed, threads, quick, json };
        command.SetAction(line =>
        {
            var hasty = line.GetValue(quick);
            var settings = new StudySettings
            {
                Model = line.GetValue(model)!,
                Text = line.GetValue(text)!,
                Out = Values.NotEmpty("--out", line.GetValue(place)!),
                // An array that is not given is empty, not null.
                Sizes = line.GetValue(sizes) is { Length: > 0 } given ? given : Multiples(hasty ? QuickSizes : Sizes),
                Tokens = line.GetValue(tokens),
                Window = line.GetValue(window),
                Rate = line.GetValue(rate),
                Seed = line.GetValue(seed),
                Threads = session.Threads(line.GetValue(threads)),
                Quick = hasty,
            };
            var figures = session.WithProgress(progress => TrainLargeStudy.Run(settings, OnnxServing.Cpu, progress, session.Stop));
            var path = TrainLargeStudy.PathOf(settings.Out);
            session.Print(line.GetValue(json), figures, StudyJson.Default.StudyFigures, (console, all) => StudyTable.Show(console, all, path));
        });
        return command;
    }

    private static int[] Multiples(string text)
    {
        int[] sizes = [.. Values.Parts("--sizes", text).Select(part => Values.Whole("--sizes", part, 1, StudySettings.LargestSize))];
        if (sizes.Length is < 2 or > StudySettings.MostSizes)
        {
            throw new BadInputException(
                $"--sizes '{text}' names {sizes.Length} sizes where 2 to {StudySettings.MostSizes} are compared; give some such as {Sizes}");
        }

        return sizes.Zip(sizes.Skip(1)).All(pair => pair.First < pair.Second) ? sizes
            : throw new BadInputException($"--sizes '{text}' do not rise; begin with the smallest, such as {Sizes}");
    }
}
