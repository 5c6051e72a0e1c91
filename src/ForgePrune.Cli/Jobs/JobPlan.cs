using System.Text.Json;
using System.Text.Json.Serialization;
using ForgePrune.Checkpoints;
using ForgePrune.Cli.Verbs;
using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Parts;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Runs;

namespace ForgePrune.Cli.Jobs;

/// <summary>RUN/jobs/plan.json: the words of the run that many processes work on, and what they ask of a machine. What the items of a stage depend on (the
/// model's hash, the device) is frozen beside it by the process that collects the run up to that stage.</summary>
/// <param name="Folder">The folder in which paths among the words begin.</param>
/// <param name="Words">Those of "forgeprune prune", without the tool's name.</param>
/// <param name="Threads">Threads of each process; others give other bits.</param>
/// <param name="WorkerBytes">Memory of a worker, by estimate.</param>
/// <param name="CollectorBytes">Memory of whoever collects, by estimate.</param>
internal sealed record JobPlan(string Folder, IReadOnlyList<string> Words, int Threads, long WorkerBytes, long CollectorBytes)
{
    private const string FileName = "plan.json";

    /// <summary>Whether the model counts as large, of which only one plan is refitted.</summary>
    public bool Large { get; init; }

    /// <summary>Whether whoever collects measures times that the plan depends on.</summary>
    public bool Timed { get; init; }

    public static string PathOf(string run) => Path.Combine(PartPlan.FolderOf(run), FileName);

    /// <summary>Checks the settings and writes them into their run's folder. What an earlier plan had begun there is begun anew.</summary>
    public static void Freeze(PruneSettings settings, string[] words)
    {
        using var model = DecoderModel.Open(settings.Model);
        ExpertRuns.RequireOneProcess(model.Config);
        var large = LargeModels.Usual.Includes(model.Config);
        var need = ResourcePlan.For(
            model.Config, settings.Tokens ?? settings.TokensFor(model.Config), settings.Window, settings.Target.Metric.IsLatency(), memory: settings.Memory);
        using var folder = RunFolder.Open(settings.Out);
        foreach (var begun in PartStage.All.Select(stage => PartPlan.PathOf(folder.FullPath, stage.Name)).Where(File.Exists))
            File.Delete(begun);
        var plan = new JobPlan(Directory.GetCurrentDirectory(), words, settings.Threads,
            need.Stages.Where(stage => stage.Stage is "calibration" or "levels" or "search" || (stage.Stage == "refit" && !large))
                .Max(stage => stage.MemoryBytes), need.PeakMemoryBytes)
        {
            Large = large,
            Timed = settings.Target.Metric.IsLatency(),
        };
        AtomicFile.WriteJson(PathOf(folder.FullPath), plan, JobPlanJson.Default.JobPlan);
    }

    /// <exception cref="BadInputException">There is none, or it is damaged.</exception>
    public static JobPlan Read(string run)
    {
        var path = PathOf(run);
        using var stream = SharedFile.TryOpen(path)
            ?? throw new BadInputException($"{run} holds no plan for jobs; make one with forgeprune prune MODEL --out {run} --target TARGET --plan-jobs");
        try
        {
            return JsonSerializer.Deserialize(stream, JobPlanJson.Default.JobPlan) ?? throw new JsonException("null is no plan");
        }
        catch (JsonException fault)
        {
            throw new BadInputException($"{path} cannot be read; make it again with forgeprune prune and --plan-jobs", fault);
        }
    }

    /// <summary>The stages that processes share.</summary>
    public IReadOnlyList<PartStage> Stages(PruneSettings settings) => PartStage.Of(settings.ShapedMethod, Large);

    /// <summary>The settings as they were when they were frozen, with the run where it lies on this machine. Paths count from the folder of then.</summary>
    public PruneSettings Settings(Session session, string run)
    {
        var place = Path.GetFullPath(run);
        if (!Directory.Exists(Folder))
            throw new BadInputException($"{run} was planned in {Folder}, which this machine does not have; mount it under the same name");
        Directory.SetCurrentDirectory(Folder);
        return PruneVerb.Settings(session, [.. Words]) with { Out = place };
    }
}

/// <summary>How a plan is written, and read without trusting it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true,
    WriteIndented = true)]
[JsonSerializable(typeof(JobPlan))]
internal sealed partial class JobPlanJson : JsonSerializerContext;
