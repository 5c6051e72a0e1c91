using System.CommandLine;
using ForgePrune.Cli.Jobs;
using ForgePrune.Cli.Parsing;
using ForgePrune.Cli.Rendering;
using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Methods;
using ForgePrune.Methods.Comparison;
using ForgePrune.Onnx;
using ForgePrune.Pipeline.Parts;

namespace ForgePrune.Cli.Verbs;

/// <summary>Several methods at equal targets: prune for each combination, then one table.</summary>
internal static class CompareVerb
{
    private const string DefaultMethod = "default";

    public static Verb Create(Session session)
    {
        var model = Options.Model();
        var methods = Options.Typed("--methods", "NAME,...", $"Methods: {MethodCatalog.Names}; default is the first.", Methods);
        var targets = Options.Typed("--targets", "TARGET,...", "Targets, such as 0.7,0.5: the shares to keep, or speed-ups.",
            text => Values.Parts("--targets", text));
        var seeds = Options.Typed<int[]>("--seeds", "N,...", "Seeds; several give a spread.", Seeds, [0]);
        var place = new Option<string>("--out")
        {
            HelpName = "FOLDER",
            Required = true,
            Description = "Folder of the comparison: one run folder for each combination, compare.json and compare.html."
        };
        (methods.Required, targets.Required) = (true, true);
        var options = new PruneOptions(session);
        var tasks = new TaskOptions();
        var part = Options.Typed<PartShare?>("--part", "K/N",
            "Make only the K-th of N shares of the runs, or with N alone the share that a scheduler's array names; without it, all are read.",
            text => Shares.Read(text));
        var json = Options.Json();
        var command = new Command("compare",
            "Compare pruning methods at equal targets. The same command again resumes; what is finished is read. Exit code 1: a target not met.")
            { model, methods, targets, seeds, place };
        options.AddTo(command, "--method", "--seed", "--provider", "--cuda-graph");
        tasks.AddTo(command);
        command.Options.Add(part);
        command.Options.Add(json);
        command.SetAction(line =>
        {
            var (name, folder) = (line.GetValue(model)!, Values.NotEmpty("--out", line.GetValue(place)!));
            options.RequireOfUse(line, line.GetValue(methods)!);
            var words = PruneOptions.Words(line);
            ComparisonCell[] cells = [.. from target in line.GetValue(targets)!
                from method in line.GetValue(methods)!
                from seed in line.GetValue(seeds)!
                let settings = options.Read(line, name, Path.Combine(folder, ComparisonCell.Folder(method, target, seed)), target)
                select new ComparisonCell(method, target, settings with { Method = options.Method(line, method), Seed = seed, Command = words })];
            ComparisonFolder.RequireOurs(folder, [.. cells.Select(cell => cell.Name)]);
            var asked = tasks.Read(line, name, cells[0].Settings.Threads);
            var comparison = new ComparisonSettings(name, folder, cells, asked);
            if (line.GetValue(part) is { } share)
            {
                var made = session.WithProgress(progress => new ComparisonRun(comparison, OnnxServing.Cpu, progress, session.Stop).Make(share.Has));
                Console.Error.WriteLine($"share {share}: {made} of {cells.Length} runs are done; the same command without --part reads them all");
                return 0;
            }

            var figures = session.WithProgress(progress => new ComparisonRun(comparison, OnnxServing.Cpu, progress, session.Stop).Run());
            AtomicFile.WriteJson(Path.Combine(folder, ComparisonFolder.JsonFile), figures, ComparisonJson.Default.ComparisonFigures);
            AtomicFile.WriteText(Path.Combine(folder, ComparisonFolder.PageFile), ComparisonPage.Of(figures, folder, words));
            session.Print(line.GetValue(json), figures, ComparisonJson.Default.ComparisonFigures,
                (console, all) => ComparisonTable.Show(console, all, Path.Combine(folder, ComparisonFolder.PageFile)));
            return figures.Runs.Any(run => run.Shortfall is not null) ? ExitCode.TargetNotMet : 0;
        });
        return new Verb(command,
            "forgeprune compare ./MiniMind2 --methods default,uniform-obs,magnitude", "  --targets 0.7,0.5 --seeds 1,2,3 --calibration news.txt --out cmp")
        { Layout = options.Layout with { Further = [.. options.Layout.Further, part] } };
    }

    private static string[] Methods(string text)
    {
        string[] names = [.. Values.Parts("--methods", text).Select(name => name == DefaultMethod ? MethodCatalog.Default.Name
            : MethodCatalog.Find(name).Name)];
        return names.Distinct().Count() == names.Length ? names
            : throw new BadInputException(
                $"--methods '{text}' names {MethodCatalog.Default.Name} twice, since {DefaultMethod} is {MethodCatalog.Default.Name}; name each once");
    }

    private static int[] Seeds(string text) => [.. Values.Parts("--seeds", text).Select(seed => Values.Whole("--seeds", seed, 0, int.MaxValue))];
}
