using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ForgePrune.IO;
using ForgePrune.Latency;
using ForgePrune.Timing;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Summary;

namespace ForgePrune.Pipeline.Stages;

/// <summary>timing.json: dense over pruned seconds of whole models timed in turn.</summary>
internal sealed record TimingFile(PhaseFile Prefill, PhaseFile Decode)
{
    /// <summary>The state of what the models ran on, before and after; null where nothing is known of it.</summary>
    public IReadOnlyList<string>? Conditions { get; init; }

    public static JsonFile<TimingFile> Json { get; } = new("timing.json", PipelineJson.Default.TimingFile);
}

/// <param name="Dense">Seconds of every turn of every opening.</param>
/// <param name="Pruned">The same, each beside the dense one of the same indices.</param>
internal sealed record PhaseFile(double Ratio, double Low, double High, ModelTurns Dense, ModelTurns Pruned)
{
    [JsonIgnore]
    public RatioEstimate SpeedUp => new(Ratio, Low, High);
}

/// <summary>Times two exported models against each other.</summary>
internal static class TimingStage
{
    private const string Name = "timing";

    public static StageFormat Format { get; } = new(Name, 3);

    public static TimingSettings Settings(PruneSettings settings) => new()
    {
        Threads = settings.Threads,
        Batch = settings.Workload.Batch,
        Prompt = settings.Workload.Prompt,
        Context = settings.Workload.Context,
    };

    /// <summary>The request whose time counts, for the keys of stages that time.</summary>
    public static (string Name, string Value)[] Request(PruneSettings settings) =>
    [
        ("batch", Text(settings.Workload.Batch)), ("prompt", Text(settings.Workload.Prompt)), ("context", Text(settings.Workload.Context)),
    ];

    /// <summary>The longest time of one phase, for the keys of stages that time whole models.</summary>
    public static (string Name, string Value) Seconds(PruneSettings settings) => ("seconds", Text(settings.TimingSeconds));

    /// <summary>The timing of one attempt. It is known by what the pruned model is made from, so that a run that resumes need not make
    /// the models of earlier attempts again, nor time them to another end.</summary>
    /// <param name="inputs">Of the pruned model.</param>
    /// <param name="plan">Its shape.</param>
    /// <param name="pruned">Called only where the timing is not there.</param>
    /// <returns>Null where a model does not fit into the memory allowed; that is said.</returns>
    public static TimingFile? Run(
        RunContext run, int attempt, DenseExport dense, (string Name, string Hash)[] inputs, PlanFile plan, Func<StageResult> pruned)
    {
        if (!dense.Fits)
        {
            run.Progress.Note(ServingMemory.Skipped(run.Settings, Name, dense.Weights));
            if (!dense.IsWritten)
                run.Progress.Note("the dense model is not exported: nothing would be compared with it");
            return null;
        }

        var name = $"timing-{attempt}";
        var key = run.Key([Format], [("dense", ExportStages.Computed(run, dense.Written)), .. inputs],
        [
            .. Request(run.Settings), Seconds(run.Settings),
            ("plan", JsonSerializer.Serialize(plan.Layers)), ("method", run.Settings.Method.Name), ("affine", run.Settings.Affine.ToString()),
            .. run.Serving,
        ]);
        return run.Find(name, key) is { } found ? TimingFile.Json.Read(found.Folder) : Measure(run, name, key, dense.Written, pruned());
    }

    private static TimingFile? Measure(RunContext run, string name, StageKey key, StageResult dense, StageResult pruned)
    {
        var (whole, small) = (SummaryOf.Weights(run, dense), SummaryOf.Weights(run, pruned));
        if (!ServingMemory.Fits(run.Settings, Math.Max(whole, small)))
        {
            run.Progress.Note(ServingMemory.Skipped(run.Settings, Name, Math.Max(whole, small)));
            return null;
        }

        return run.Stage(name, key, TimingFile.Json, () =>
        {
            var before = run.Runtime.Conditions();
            var (prefill, decode) = ServingMemory.SideBySide(run, whole, small) ? Together(run, dense, pruned) : Alone(run, dense, pruned);
            run.Share(Name).Report(1);
            if (before is null || run.Runtime.Conditions() is not { } after)
                return new TimingFile(Of(prefill), Of(decode));
            run.Progress.Note($"timing on {run.Runtime.Provider}: {after}");
            return new TimingFile(Of(prefill), Of(decode)) { Conditions = [before, after] };
        });
    }

    private static (AbResult Prefill, AbResult Decode) Together(RunContext run, StageResult dense, StageResult pruned)
    {
        var settings = Settings(run.Settings);
        return AbBench.Run(() => run.Runtime.Open(dense.Folder, settings.Threads), () => run.Runtime.Open(pruned.Folder, settings.Threads), settings,
            run.Settings.TimingSeconds, progress: run.Share(Name));
    }

    private static (AbResult Prefill, AbResult Decode) Alone(RunContext run, StageResult dense, StageResult pruned)
    {
        var settings = Settings(run.Settings);
        run.Progress.Note("timing: the models are loaded one after the other, since both together are large");
        return AloneBench.Run(
            () => run.Runtime.Open(dense.Folder, settings.Threads), () => run.Runtime.Open(pruned.Folder, settings.Threads), settings, run.Share(Name));
    }

    private static PhaseFile Of(AbResult result) =>
        new(result.SpeedUp.Ratio, result.SpeedUp.Low, result.SpeedUp.High, result.A, result.B);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
