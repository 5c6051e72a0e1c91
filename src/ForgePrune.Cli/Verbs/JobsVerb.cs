using System.CommandLine;
using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Jobs;
using ForgePrune.Cli.Parsing;
using ForgePrune.Errors;
using ForgePrune.Onnx;
using ForgePrune.Pipeline.Parts;

namespace ForgePrune.Cli.Verbs;

/// <summary>One run by many processes: the run's folder is all that they share, and the scheduler is the user's.</summary>
internal static class JobsVerb
{
    private const int MostWorkers = 10_000;

    public static Verb Create(Session session) => new(
        new Command("jobs", "Run what 'forgeprune prune --plan-jobs' froze with several processes, on this machine or a cluster.")
        {
            Submit(session), Work(session), Collect(session), Status(session),
        },
        "forgeprune prune MODEL --out runs/a --target 0.5 --threads 4 --plan-jobs", "forgeprune jobs submit local runs/a --workers 4",
        "forgeprune jobs submit slurm runs/a --workers 16 --partition cpu", "forgeprune jobs status runs/a");

    private static Command Submit(Session session)
    {
        var place = new Argument<JobPlace>("WHERE") { Description = "local, slurm or kubernetes.", CustomParser = Options.Reader(ClusterOptions.Place) };
        var (run, workers, print) = (Run(), Options.Whole("--workers", "Processes that share a stage.", 4, 1, MostWorkers),
            new Option<bool>("--print") { Description = "Print what would be submitted, and submit nothing." });
        var cluster = new ClusterOptions();
        var command = new Command("submit", "Start collectors and workers until the run is done. Again, it asks only for what is missing.")
        {
            place, run, workers, print,
        };
        cluster.AddTo(command);
        command.SetAction(line =>
        {
            var (folder, count, where, prints) = (Path.GetFullPath(line.GetValue(run)!), line.GetValue(workers), line.GetValue(place), line.GetValue(print));
            var asked = cluster.Read(line, where);
            if (prints && where == JobPlace.Local)
                throw new BadInputException("--print shows what a scheduler is given, and local has none; leave it out");
            session.Stop.ThrowIfCancellationRequested();
            var plan = JobPlan.Read(folder);
            var stages = plan.Stages(plan.Settings(session, folder));
            return where switch
            {
                JobPlace.Slurm => new SlurmJobs(folder, plan, asked, count).Submit(stages, prints),
                JobPlace.Kubernetes => new KubernetesJobs(folder, plan, asked, count).Submit(stages, prints),
                _ => new LocalJobs(session, folder, count).Run(stages),
            };
        });
        return command;
    }

    private static Command Work(Session session)
    {
        var (run, stage) = (Run(), Stage("--stage", "The stage to make items of."));
        stage.Required = true;
        var part = Options.Typed<PartShare?>("--part", "K/N",
            "Which share of the items: the K-th of N. [default: all; as K/N with N alone, K comes from the scheduler]", text => Shares.Read(text));
        var command = new Command("work", "Make a share of a stage's items. Needs no lock: any number may work, on any machine with the same folder.")
        {
            run, stage, part,
        };
        command.SetAction(line =>
        {
            var folder = Path.GetFullPath(line.GetValue(run)!);
            session.Stop.ThrowIfCancellationRequested();
            var settings = JobPlan.Read(folder).Settings(session, folder);
            var work = PartStage.Find(line.GetValue(stage)!, settings.ShapedMethod);
            var share = line.GetValue(part) ?? PartShare.Whole;
            var (items, made) = session.WithProgress(progress => PartPipeline.Work(settings, work, share, OnnxServing.Cpu, progress, session.Stop));
            Console.Error.WriteLine($"{work.Name} {share}: {items} items, {made} made, {items - made} were there");
            return 0;
        });
        return command;
    }

    private static Command Collect(Session session)
    {
        var (run, before, json) = (Run(), Stage("--before", "Stop where the items of this stage can be made by others."), Options.Json());
        var command = new Command("collect",
            "Run the plan as 'forgeprune prune' does, with the items that others have made; what is missing is made here. Exit code 1: target not met.")
        {
            run, before, json,
        };
        command.SetAction(line =>
        {
            var folder = Path.GetFullPath(line.GetValue(run)!);
            session.Stop.ThrowIfCancellationRequested();
            var settings = JobPlan.Read(folder).Settings(session, folder);
            if (line.GetValue(before) is not { } name)
                return PruneVerb.Run(session, settings, line.GetValue(json));
            var stage = PartStage.Find(name, settings.ShapedMethod);
            return session.WithProgress(progress =>
            {
                PartPipeline.Prepare(settings, stage, OnnxServing.Cpu, progress, session.Stop);
                return 0;
            });
        });
        return command;
    }

    private static Command Status(Session session)
    {
        var (run, json) = (Run(), Options.Json());
        var command = new Command("status", "Show which items of a run are there, and which workers are at work.") { run, json };
        command.SetAction(line =>
        {
            var folder = Path.GetFullPath(line.GetValue(run)!);
            session.Stop.ThrowIfCancellationRequested();
            var plan = JobPlan.Read(folder);
            session.Print(line.GetValue(json), JobState.Of(folder, plan.Stages(plan.Settings(session, folder))), CliJson.Default.JobState, JobState.Show);
        });
        return command;
    }

    private static Argument<string> Run() =>
        new("RUN") { Description = "Run folder that 'forgeprune prune --plan-jobs' wrote, on a disk that all machines share." };

    private static Option<string?> Stage(string name, string help) =>
        new(name) { HelpName = "STAGE", Description = $"{help} Stages: {string.Join(", ", PartStage.All.Select(stage => stage.Name))}." };
}
