using System.Globalization;
using ForgePrune.Errors;
using ForgePrune.Evaluation;
using ForgePrune.IO;
using ForgePrune.Latency;
using ForgePrune.Timing;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Tokens;

namespace ForgePrune.Pipeline.Stages;

/// <summary>quantized.json: how the quantised file scores and how long it takes, dense, pruned and quantised model in turn.</summary>
/// <param name="ExactPerplexity">Of the same codes multiplied in float32 (accuracy level 0).</param>
/// <param name="Rounding">Mean KL(exact ‖ file), nats per token: what rounding activations adds.</param>
internal sealed record QuantizedFile(double Perplexity, double Kl, double ExactPerplexity, double Rounding, QuantizedPhase Prefill, QuantizedPhase Decode)
{
    public static JsonFile<QuantizedFile> Json { get; } = new("quantized.json", PipelineJson.Default.QuantizedFile);
}

/// <param name="Dense">Dense over quantised seconds.</param>
/// <param name="Pruned">Pruned over quantised seconds.</param>
/// <param name="Turns">Of the dense, the pruned, and the quantised model.</param>
internal sealed record QuantizedPhase(RatioEstimate Dense, RatioEstimate Pruned, IReadOnlyList<ModelTurns> Turns)
{
    public static QuantizedPhase Of(IReadOnlyList<ModelTurns> turns) =>
        new(RatioEstimate.Of(turns[0], turns[2]), RatioEstimate.Of(turns[1], turns[2]), turns);
}

/// <summary>Judges the quantised file as a client runs it: activations are rounded on the way too, which no other arithmetic here does.</summary>
internal static class QuantizedProof
{
    public static StageFormat Format { get; } = new("judging", 3);

    /// <summary>Nats per token. Eight bits cost real models some thousandths; a runtime that multiplies codes wrongly is off by whole nats.</summary>
    internal const double MostRounding = 0.1;

    /// <returns>Null where the models do not fit into the memory allowed; that is said.</returns>
    public static QuantizedFile? Run(
        RunContext run, QuantizationSettings quantization, DenseExport dense, StageResult pruned, StageResult quantized, TokenWindows evaluation)
    {
        // The quantised one twice: its products are compared with exact ones first.
        long[] weights = [dense.Weights, Math.Max(SummaryOf.Weights(run, pruned), SummaryOf.Weights(run, quantized)),
            SummaryOf.Weights(run, quantized)];
        if (!ServingMemory.Fits(run.Settings, weights))
        {
            run.Progress.Note(ServingMemory.Skipped(run.Settings, "judging and timing the quantised model", weights.Sum()));
            return null;
        }

        var settings = TimingStage.Settings(run.Settings);
        var name = $"quantized-{quantization.Name}";
        var key = run.Key([Format],
            [
                ("dense", ExportStages.Computed(run, dense.Written)), ("pruned", ExportStages.Computed(run, pruned)),
                    ("quantized", ExportStages.Computed(run, quantized)),
                ("windows", evaluation.Hash),
            ],
            [.. TimingStage.Request(run.Settings), TimingStage.Seconds(run.Settings), .. run.Serving]);
        return run.Stage(name, key, QuantizedFile.Json, () =>
        {
            run.Rest();
            return Measure(run, name, settings, [dense.Written, pruned, quantized], evaluation);
        });
    }

    private static QuantizedFile Measure(RunContext run, string name, TimingSettings settings, StageResult[] models, TokenWindows evaluation)
    {
        var (scores, exact) = Judge(run.Runtime, models[0].Folder, models[2].Folder, settings.Threads, evaluation,
            run.Share(name, "perplexity and divergence", 0, 0.4));
        var turns = RotationBench.Run([.. models.Select(model => (Func<IServedDecoder>)(() => run.Runtime.Open(model.Folder, settings.Threads)))], settings,
            run.Settings.TimingSeconds, progress: run.Share(name, "prefill and decode", 0.4));
        run.Share(name).Report(1);
        return new QuantizedFile(scores.Perplexity, scores.Kl, exact.Perplexity, exact.Rounding, QuantizedPhase.Of(turns.Prefill), QuantizedPhase.Of(turns.Decode));
    }

    /// <summary>The file against the dense model, and against its own codes multiplied exactly.</summary>
    /// <exception cref="ProofFailedException">The runtime's fast products are not those of the codes.</exception>
    internal static ((double Perplexity, double Kl) File, (double Perplexity, double Rounding) Exact) Judge(
        IServingRuntime runtime, string dense, string quantized, int threads, TokenWindows windows, IProgress<double> progress)
    {
        using IServedDecoder truth = runtime.Open(dense, threads), file = runtime.Open(quantized, threads), exact = runtime.OpenExact(quantized, threads);
        WindowScore[] scores = new WindowScore[windows.Count], exactScores = new WindowScore[windows.Count], rounded = new WindowScore[windows.Count];
        for (var window = 0; window < windows.Count; window++)
        {
            var ids = windows.Window(window);
            float[] logits = file.Logits(ids), exactLogits = exact.Logits(ids);
            scores[window] = WindowScore.Of(ids, logits, truth.Logits(ids));
            exactScores[window] = WindowScore.Of(ids, exactLogits, null);
            rounded[window] = WindowScore.Of(ids, logits, exactLogits);
            progress.Report((window + 1.0) / windows.Count);
        }

        var (judged, rounding) = (EvaluationResult.Of(scores), EvaluationResult.Of(rounded).Kl!.Value);
        return rounding <= MostRounding
            ? ((judged.Perplexity, judged.Kl!.Value), (EvaluationResult.Of(exactScores).Perplexity, rounding))
            : throw new ProofFailedException(string.Create(CultureInfo.InvariantCulture,
                $"the quantised file at accuracy level 4 and its codes multiplied exactly are {rounding:0.00} nats per token apart where {MostRounding} is allowed; take a smaller `Quantize.Block`, or set accuracy_level to 0 in its MatMulNBits nodes"));
    }
}
