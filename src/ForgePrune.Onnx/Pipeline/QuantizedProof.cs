using System.Globalization;
using System.Text.Json;
using ForgePrune.Evaluation;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Timing;
using ForgePrune.Quantization;
using ForgePrune.Runs;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Pipeline;

/// <summary>quantized.json: how the quantised file scores and how long it takes, dense, pruned and quantised model in turn.</summary>
internal sealed record QuantizedFile(double Perplexity, double Kl, QuantizedPhase Prefill, QuantizedPhase Decode);

/// <param name="Dense">Dense over quantised seconds.</param>
/// <param name="Pruned">Pruned over quantised seconds.</param>
/// <param name="Seconds">Of every turn: dense, pruned, quantised.</param>
internal sealed record QuantizedPhase(SpeedFile Dense, SpeedFile Pruned, IReadOnlyList<IReadOnlyList<double>> Seconds);

internal sealed record SpeedFile(double Ratio, double Low, double High);

/// <summary>Judges the quantised file as a client runs it: activations are rounded on the way too, which no other arithmetic here does.</summary>
internal static class QuantizedProof
{
    private const string FileName = "quantized.json";

    public static StageFormat Format { get; } = new("judging", 1);

    /// <returns>Null where the models do not fit into the memory allowed; that is said.</returns>
    public static QuantizedFile? Run(
        RunContext run, QuantizationSettings quantization, StageResult dense, StageResult pruned, StageResult quantized, TokenWindows evaluation)
    {
        long[] weights = [SummaryOf.Weights(dense), SummaryOf.Weights(pruned), SummaryOf.Weights(quantized)];
        if (!Serving.Fits(run.Settings, weights))
        {
            run.Progress.Note(Serving.Skipped(run.Settings, "judging and timing the quantised model", weights.Sum()));
            return null;
        }

        var settings = TimingStage.Settings(run.Settings);
        var name = $"quantized-{quantization.Name}";
        var key = run.Key([Format],
            [
                ("dense", OnnxStages.Computed(dense)), ("pruned", OnnxStages.Computed(pruned)), ("quantized", OnnxStages.Computed(quantized)),
                ("windows", evaluation.Hash),
            ],
            [("batch", Text(settings.Batch)), ("prompt", Text(settings.Prompt)), ("context", Text(settings.Context)), ("seconds", Text(run.Settings.TimingSeconds))]);
        var result = run.Stage(name, key,
            folder =>
            {
                run.Rest();
                File.WriteAllBytes(Path.Combine(folder, FileName),
                    JsonSerializer.SerializeToUtf8Bytes(Measure(run, name, settings, [dense, pruned, quantized], evaluation), PipelineJson.Default.QuantizedFile));
            });
        return JsonSerializer.Deserialize(File.ReadAllBytes(result.File(FileName)), PipelineJson.Default.QuantizedFile)!;
    }

    private static QuantizedFile Measure(RunContext run, string name, TimingSettings settings, StageResult[] models, TokenWindows evaluation)
    {
        var decoders = new List<OnnxDecoder>();
        try
        {
            foreach (var model in models)
                decoders.Add(OnnxDecoder.Open(model.Folder, settings.Threads));
            var scores = Scores(decoders[0], decoders[2], evaluation, run.Share(name, "perplexity and divergence", 0, 0.4));
            var prefill = Time(run, decoders, Phase.Prefill, settings, run.Share(name, "prefill", 0.4, 0.7));
            var decode = Time(run, decoders, Phase.Decode, settings, run.Share(name, "decode", 0.7));
            run.Share(name).Report(1);
            return new QuantizedFile(
                Math.Exp(scores.Average(score => score.NegativeLogLikelihood)), scores.Average(score => score.Divergence!.Value), prefill, decode);
        }
        finally
        {
            decoders.ForEach(decoder => decoder.Dispose());
        }
    }

    private static WindowScore[] Scores(OnnxDecoder dense, OnnxDecoder quantized, TokenWindows windows, IProgress<double> progress)
    {
        var scores = new WindowScore[windows.Count];
        for (var window = 0; window < windows.Count; window++)
        {
            var ids = windows.Window(window);
            scores[window] = WindowScore.Of(ids, quantized.Logits(ids), dense.Logits(ids));
            progress.Report((window + 1.0) / windows.Count);
        }

        return scores;
    }

    private static QuantizedPhase Time(RunContext run, IReadOnlyList<OnnxDecoder> decoders, Phase phase, TimingSettings settings, IProgress<double> progress)
    {
        var seconds = RotationBench.Run(decoders, phase, settings, run.Settings.TimingSeconds, progress: progress);
        return new QuantizedPhase(Speed(seconds[0], seconds[2]), Speed(seconds[1], seconds[2]), seconds);
    }

    private static SpeedFile Speed(IReadOnlyList<double> slow, IReadOnlyList<double> fast)
    {
        var estimate = RatioEstimate.Of(slow, fast);
        return new(estimate.Ratio, estimate.Low, estimate.High);
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
