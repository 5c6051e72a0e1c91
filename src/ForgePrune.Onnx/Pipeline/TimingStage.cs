using System.Globalization;
using System.Text.Json;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Timing;
using ForgePrune.Runs;

namespace ForgePrune.Onnx.Pipeline;

/// <summary>timing.json: dense over pruned seconds of whole models timed in turn.</summary>
internal sealed record TimingFile(PhaseFile Prefill, PhaseFile Decode);

/// <param name="Dense">Seconds of every turn.</param>
/// <param name="Pruned">Seconds of every turn, each beside the dense one of the same index.</param>
internal sealed record PhaseFile(double Ratio, double Low, double High, IReadOnlyList<double> Dense, IReadOnlyList<double> Pruned);

/// <summary>Times two exported models against each other.</summary>
internal static class TimingStage
{
    private const string FileName = "timing.json";

    public static TimingSettings Settings(PruneSettings settings) => new()
    {
        Threads = settings.Threads,
        Batch = settings.Workload.Batch,
        Prompt = settings.Workload.Prompt,
        Context = settings.Workload.Context,
    };

    public static TimingFile Run(RunContext run, string name, StageResult dense, StageResult pruned)
    {
        var settings = Settings(run.Settings);
        var result = run.Stage(name, [("dense", dense.Manifest.ContentHash()), ("pruned", pruned.Manifest.ContentHash())],
            [("batch", Text(settings.Batch)), ("prompt", Text(settings.Prompt)), ("context", Text(settings.Context))],
            folder =>
            {
                using var a = OnnxDecoder.Open(dense.Folder, settings.Threads);
                using var b = OnnxDecoder.Open(pruned.Folder, settings.Threads);
                run.Progress.Report(name, 0, 2, "prefill");
                var prefill = Of(AbBench.Run(a, b, Phase.Prefill, settings));
                run.Progress.Report(name, 1, 2, "decode");
                var decode = Of(AbBench.Run(a, b, Phase.Decode, settings));
                run.Progress.Report(name, 2, 2);
                File.WriteAllBytes(Path.Combine(folder, FileName),
                    JsonSerializer.SerializeToUtf8Bytes(new TimingFile(prefill, decode), PipelineJson.Default.TimingFile));
            });
        return JsonSerializer.Deserialize(File.ReadAllBytes(result.File(FileName)), PipelineJson.Default.TimingFile)!;
    }

    private static PhaseFile Of(AbResult result) =>
        new(result.SpeedUp.Ratio, result.SpeedUp.Low, result.SpeedUp.High, [.. result.A], [.. result.B]);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
