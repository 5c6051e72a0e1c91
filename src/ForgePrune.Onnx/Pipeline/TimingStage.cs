using System.Globalization;
using System.Text.Json;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
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

    /// <summary>Times the written result.</summary>
    public static TimingFile Run(RunContext run, StageResult dense, StageResult pruned) =>
        Stage(run, "timing", dense, ("pruned", pruned.Manifest.ContentHash()), _ => pruned.Folder);

    /// <summary>Times the shape of a plan before it is refitted: weights make no difference to the time.</summary>
    /// <param name="attempt">Which search the shape came from.</param>
    public static TimingFile OfShape(RunContext run, int attempt, StageResult dense, IDecoderModel shape) =>
        Stage(run, $"timing-{attempt}", dense, ("shape", JsonSerializer.Serialize(shape.Config.Layers)), folder =>
        {
            var exported = Path.Combine(folder, "shape");
            OnnxExporter.Write(shape, exported, tokenizer: null);
            return exported;
        });

    private static TimingFile Stage(RunContext run, string name, StageResult dense, (string, string) pruned, Func<string, string> exported)
    {
        var settings = Settings(run.Settings);
        var result = run.Stage(name, [("dense", dense.Manifest.ContentHash()), pruned],
            [("batch", Text(settings.Batch)), ("prompt", Text(settings.Prompt)), ("context", Text(settings.Context))],
            folder =>
            {
                var other = exported(folder);
                var timing = Measure(run, name, dense.Folder, other, settings);
                if (other.StartsWith(folder, StringComparison.Ordinal))
                    Directory.Delete(other, recursive: true);
                File.WriteAllBytes(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(timing, PipelineJson.Default.TimingFile));
            });
        return JsonSerializer.Deserialize(File.ReadAllBytes(result.File(FileName)), PipelineJson.Default.TimingFile)!;
    }

    private static TimingFile Measure(RunContext run, string name, string dense, string pruned, TimingSettings settings)
    {
        using var a = OnnxDecoder.Open(dense, settings.Threads);
        using var b = OnnxDecoder.Open(pruned, settings.Threads);
        run.Progress.Report(name, 0, 2, "prefill");
        var prefill = Of(AbBench.Run(a, b, Phase.Prefill, settings));
        run.Progress.Report(name, 1, 2, "decode");
        var decode = Of(AbBench.Run(a, b, Phase.Decode, settings));
        run.Progress.Report(name, 2, 2);
        return new TimingFile(prefill, decode);
    }

    private static PhaseFile Of(AbResult result) =>
        new(result.SpeedUp.Ratio, result.SpeedUp.Low, result.SpeedUp.High, [.. result.A], [.. result.B]);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
