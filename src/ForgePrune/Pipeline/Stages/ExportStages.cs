using ForgePrune.Checkpoints;
using ForgePrune.IO;
using ForgePrune.Model;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Progress;
using ForgePrune.Quantization;

namespace ForgePrune.Pipeline.Stages;

/// <summary>Stages whose whole result is a written model.</summary>
internal static class ExportStages
{
    /// <summary>The dense model as it would be served. See <see cref="DenseExport"/>.</summary>
    public static StageResult Dense(RunContext run) =>
        run.Stage("dense", Served(run, run.Dense), folder => Export(run, run.Dense, folder, "dense"));

    /// <summary>The folder of the pruned model within the run.</summary>
    public const string PrunedName = "onnx";

    public static StageResult Pruned(RunContext run, IDecoderModel model) =>
        run.Stage(PrunedName, Served(run, model), folder => Export(run, model, folder, PrunedName));

    public static StageResult Safetensors(RunContext run, IDecoderModel model) =>
        run.Stage(CheckpointWriter.RunFolder, Key(run, CheckpointWriter.Format, model, []),
            folder => CheckpointWriter.Fill(model, folder, run.Dense.Tokenizer));

    /// <summary>Hash of an export as a runtime computes with it: times, logits and texts depend on no file beside it.</summary>
    public static string Computed(RunContext run, StageResult export) => export.Manifest.ContentHash(run.Runtime.ModelFile);

    /// <summary>Fills a stage's empty folder.</summary>
    public static void Export(RunContext run, IDecoderModel model, string folder, string stage, ModelQuantization? quantization = null) =>
        run.Runtime.Export(model, folder, run.Dense.Tokenizer, new CallbackProgress<int>(done => run.Progress.Report(stage, done, model.Config.Layers.Count)),
            quantization);

    private static StageKey Served(RunContext run, IDecoderModel model) => Key(run, run.Runtime.ExportFormat, model, run.Serving);

    /// <summary>Whatever lies beside the dense model's weights may be taken along.</summary>
    private static StageKey Key(RunContext run, StageFormat format, IDecoderModel model, (string, string)[] settings) =>
        run.Key([format], [("model", model.ContentHash), ("companions", run.Companions.All)], settings);
}
