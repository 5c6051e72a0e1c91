using System.Numerics.Tensors;
using ForgePrune.Errors;
using ForgePrune.Evaluation;
using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Memory;
using ForgePrune.Model;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Refit;
using ForgePrune.Serving;
using ForgePrune.Tokens;

namespace ForgePrune.Pipeline.Stages;

/// <summary>proof.json: what was compared and what it gave.</summary>
/// <param name="MaskedDifference">Largest logit difference of masked and compacted model, as a share of the largest logit.</param>
/// <param name="ExportDifference">The same of the exported file, run as a client runs it, and the compacted model; null where it was too large
/// for the memory allowed.</param>
/// <param name="DensePerplexity">On the evaluation text.</param>
/// <param name="Perplexity">Of the pruned model.</param>
/// <param name="Kl">Mean KL(dense ‖ pruned), nats per token.</param>
/// <param name="TokenizerFault">What GenAI makes of the exported tokenizer, where that is not what it should; see <see cref="IServingRuntime.TokenizerFault"/>.</param>
internal sealed record ProofFile(double MaskedDifference, double? ExportDifference, double DensePerplexity, double Perplexity, double Kl,
    string? TokenizerFault)
{
    public static JsonFile<ProofFile> Json { get; } = new("proof.json", PipelineJson.Default.ProofFile);
}

/// <summary>The result is checked against what it should be before it is called done.</summary>
internal static class ProofStage
{
    // float32 sums in another order differ by about 1e-6 of the scale per block; a wrongly gathered row differs by 1e-2 and more.
    private const double Tolerance = 1e-4;

    // A layer hands on about ten values that each were rounded to the type of the export, with errors of random sign.
    private const double RoundingsPerLayer = 10;

    // Every weight takes part in the logits of a few tokens; more of them would only repeat its part.
    private const int ComparedTokens = 32;

    public static StageFormat Format { get; } = new("proof", 2);

    public static ProofFile Run(RunContext run, PrunedModel pruned, StageResult onnx, TokenWindows evaluation)
    {
        var fits = ServingMemory.Fits(run.Settings, SummaryOf.Weights(run, onnx));
        var key = run.Key([Format],
            [
                ("dense", run.Dense.ContentHash), ("pruned", pruned.Model.ContentHash), ("served", pruned.Served.ContentHash),
                ("onnx", onnx.Manifest.ContentHash()), ("windows", evaluation.Hash),
            ],
            [.. fits ? run.Serving : [("export", "skipped")]]);
        var proof = run.Stage("proof", key, ProofFile.Json, () => Prove(run, pruned, onnx, fits, evaluation));
        if (!fits)
            run.Progress.Note(ServingMemory.Skipped(run.Settings, "the proof that the exported file equals the compacted model", SummaryOf.Weights(run, onnx)));
        if (proof.TokenizerFault is { } fault)
            run.Progress.Note(fault);
        return proof;
    }

    private static ProofFile Prove(RunContext run, PrunedModel pruned, StageResult onnx, bool fits, TokenWindows evaluation)
    {
        var length = Math.Min(ComparedTokens, evaluation.Length);
        var one = new TokenWindows(length, evaluation.Window(0)[..length].ToArray());
        run.Share("proof", "masked = compacted").Report(0);
        var (compact, full) = Logits(run, pruned.Model, MaskedModel.Build(pruned.Unpruned, pruned.Model, pruned.Sets), one);
        var masked = Difference(full, compact);
        Require("the masked original and the compacted model", masked, Tolerance);
        // Recovery moves all weights: no masked original equals the model any more, only the one that it began with.
        var served = !fits || pruned.Recovered is null ? compact : Logits(run, pruned.Served, DecoderForward.Run(pruned.Served, run.Exact, one));
        double? exported = fits ? Exported(run, onnx, one, served) : null;
        var judged = ModelEvaluation.Run(pruned.Served, run.Runner, evaluation, run.Dense, progress: run.Share("proof", "perplexity and divergence", 0.2));
        return new ProofFile(
            masked, exported, judged.OtherPerplexity!.Value, judged.Perplexity, judged.Kl!.Value, run.Runtime.TokenizerFault(onnx.Folder));
    }

    private static double Exported(RunContext run, StageResult onnx, TokenWindows window, float[] compact)
    {
        run.Share("proof", "export = compacted").Report(0.1);
        run.Rest();
        using var decoder = run.Runtime.Open(onnx.Folder, run.Settings.Threads);
        var difference = Difference(decoder.Logits(window.Window(0)), compact);
        Require("the exported file and the compacted model", difference,
            Tolerance + (run.Runtime.ExportRounding * Math.Sqrt(RoundingsPerLayer * run.Dense.Config.Layers.Count)));
        return difference;
    }

    /// <summary>Layer by layer in turn: the masked layer is made from the compacted one, which has just been read and need not come from the disk
    /// again.</summary>
    private static (float[] Compact, float[] Masked) Logits(RunContext run, IDecoderModel compact, IDecoderModel masked, TokenWindows window)
    {
        var (x, y) = (DecoderForward.Embed(compact, window), DecoderForward.Embed(masked, window));
        for (var layer = 0; layer < compact.Config.Layers.Count; layer++)
        {
            x = DecoderForward.Layer(compact.ReadLayer(layer), run.Exact, x);
            y = DecoderForward.Layer(masked.ReadLayer(layer), run.Exact, y);
            LargeArrays.Settle();
        }

        return (Logits(run, compact, x), Logits(run, masked, y));
    }

    private static float[] Logits(RunContext run, IDecoderModel model, Activations end) =>
        run.Exact.Logits(model.ReadFinalNorm(), model.ReadHead(), end, [.. Enumerable.Range(0, end.Rows)]);

    private static double Difference(float[] a, float[] b)
    {
        var difference = new float[a.Length];
        TensorPrimitives.Subtract(a, b, difference);
        return (double)TensorPrimitives.MaxMagnitude<float>(difference) / TensorPrimitives.MaxMagnitude<float>(b) is var share && share < 0 ? -share : share;
    }

    private static void Require(string pair, double difference, double allowed)
    {
        if (!(difference <= allowed))
            throw new ProofFailedException(
                $"{pair} differ by {difference:0.0e+0} of the logit scale where {allowed:0e+0} is allowed; please report this with summary and plan");
    }
}
