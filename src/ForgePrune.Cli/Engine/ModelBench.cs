using ForgePrune.Cli.Verbs;
using ForgePrune.Latency;
using ForgePrune.Timing;
using ForgePrune.Onnx;
using ForgePrune.Progress;
using ForgePrune.Serving;

namespace ForgePrune.Cli.Engine;

/// <summary>Times one model, or two in turn.</summary>
internal static class ModelBench
{
    private const int Whole = 100;

    public static BenchFigures Run(BenchSettings settings, IProgressReport progress, CancellationToken stop)
    {
        var serving = OnnxServing.On(settings.Provider);
        foreach (var model in new[] { settings.A, settings.B }.OfType<string>())
        {
            ModelPositions.Require(serving, model, settings.Workload.Prompt, $"PROMPT {settings.Workload.Prompt} of --workload");
            ModelPositions.Require(serving, model, settings.Workload.Context + 1L, $"the step after CONTEXT {settings.Workload.Context} of --workload");
        }

        using var a = ServedFolder.Of(serving, settings.A);
        using var b = settings.B is { } second ? ServedFolder.Of(serving, second) : null;
        var timing = new TimingSettings
        {
            Threads = settings.Threads,
            Batch = settings.Workload.Batch,
            Prompt = settings.Workload.Prompt,
            Context = settings.Workload.Context,
        };
        var turns = RotationBench.Run([.. new[] { a, b }.OfType<ServedFolder>().Select(folder => (Func<IServedDecoder>)(() => folder.Open(settings.Threads)))],
            timing, progress: new CallbackProgress<double>(share =>
            {
                // Every round is also a place to stop.
                stop.ThrowIfCancellationRequested();
                progress.Report("bench", (int)(share * Whole), Whole);
            }));
        progress.Report("bench", Whole, Whole);
        var (prefill, decode) = (Phase(turns.Prefill, timing.Batch * timing.Prompt), Phase(turns.Decode, timing.Batch));
        var place = settings.Provider == ServingProvider.Cpu ? $"cpu, {settings.Threads} threads, {Tool.Processor()}"
            : $"{settings.Provider}, {serving.Conditions() ?? "nvidia-smi tells nothing"}";
        return new BenchFigures(prefill, decode, $"{place}, ONNX Runtime {OnnxLibraries.RuntimeVersion}");
    }

    /// <param name="turns">Of one model or two.</param>
    /// <param name="tokens">That a call reads.</param>
    private static BenchPhase Phase(IReadOnlyList<ModelTurns> turns, int tokens)
    {
        if (turns.Count == 1)
            return new BenchPhase(Seconds(turns[0], tokens), null, null);
        var ratio = RatioEstimate.Of(turns[0], turns[1]);
        return new BenchPhase(Seconds(turns[0], tokens), Seconds(turns[1], tokens), new Ratio(ratio.Ratio, ratio.Low, ratio.High));
    }

    private static BenchTiming Seconds(ModelTurns turns, int tokens)
    {
        var estimate = RatioEstimate.Of(turns, turns.OfOneSecond());
        return new BenchTiming(estimate.Ratio, estimate.Low, estimate.High, tokens / estimate.Ratio);
    }
}
