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
    private const int HalfShare = 50;

    public static BenchFigures Run(BenchSettings settings, IProgressReport progress, CancellationToken stop)
    {
        var serving = OnnxServing.On(settings.Provider);
        foreach (var model in new[] { settings.A, settings.B }.OfType<string>())
        {
            ModelPositions.Require(serving, model, settings.Workload.Prompt, $"PROMPT {settings.Workload.Prompt} of --workload");
            ModelPositions.Require(serving, model, settings.Workload.Context + 1L, $"the step after CONTEXT {settings.Workload.Context} of --workload");
        }

        using var a = ServedModel.Open(serving, settings.A, settings.Threads, readsText: false);
        using var b = settings.B is { } second ? ServedModel.Open(serving, second, settings.Threads, readsText: false) : null;
        var timing = new TimingSettings
        {
            Threads = settings.Threads,
            Batch = settings.Workload.Batch,
            Prompt = settings.Workload.Prompt,
            Context = settings.Workload.Context,
        };
        var prefill = Phase(a, b, Latency.Phase.Prefill, timing, settings.Workload.Batch * settings.Workload.Prompt, Half(0, "prefill"));
        var decode = Phase(a, b, Latency.Phase.Decode, timing, settings.Workload.Batch, Half(HalfShare, "decode"));
        progress.Report("bench", 2 * HalfShare, 2 * HalfShare);
        var place = settings.Provider == ServingProvider.Cpu ? $"cpu, {settings.Threads} threads, {Tool.Processor()}"
            : $"{settings.Provider}, {serving.Conditions() ?? "nvidia-smi tells nothing"}";
        return new BenchFigures(prefill, decode, $"{place}, ONNX Runtime {OnnxLibraries.RuntimeVersion}");

        // Every round is also a place to stop.
        CallbackProgress<double> Half(int done, string phase) => new(share =>
        {
            stop.ThrowIfCancellationRequested();
            progress.Report("bench", done + (int)(share * HalfShare), 2 * HalfShare, phase);
        });
    }

    private static BenchPhase Phase(ServedModel a, ServedModel? b, Phase phase, TimingSettings settings, int tokens, IProgress<double> progress)
    {
        // One model alone is timed against itself: the same turns, the same stopping rule.
        var result = AbBench.Run(a.Decoder, (b ?? a).Decoder, phase, settings, progress: progress);
        return new BenchPhase(
            Seconds(result.A, tokens), b is null ? null : Seconds(result.B, tokens),
            b is null ? null : new Ratio(result.SpeedUp.Ratio, result.SpeedUp.Low, result.SpeedUp.High));
    }

    private static BenchTiming Seconds(IReadOnlyList<double> turns, int tokens)
    {
        var estimate = RatioEstimate.Of(turns, [.. turns.Select(_ => 1.0)]);
        return new BenchTiming(estimate.Ratio, estimate.Low, estimate.High, tokens / estimate.Ratio);
    }
}
