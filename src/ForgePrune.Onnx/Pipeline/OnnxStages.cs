using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Runs;

namespace ForgePrune.Onnx.Pipeline;

/// <summary>Stages whose whole result is a written model.</summary>
internal static class OnnxStages
{
    /// <summary>The dense model as it would be served: it writes the calibration text where none is given, and every time is compared with it.</summary>
    public static StageResult Dense(RunContext run) =>
        run.Stage("dense", [("model", run.Dense.ContentHash)], [], folder => Export(run, run.Dense, folder, "dense"));

    public static StageResult Pruned(RunContext run, IDecoderModel model) =>
        run.Stage("onnx", [("model", model.ContentHash)], [], folder => Export(run, model, folder, "onnx"));

    public static StageResult Safetensors(RunContext run, IDecoderModel model) =>
        run.Stage(CheckpointWriter.RunFolder, [("model", model.ContentHash)], [], folder => CheckpointWriter.Fill(model, folder, run.Dense.Tokenizer));

    /// <summary>Fills a stage's empty folder.</summary>
    public static void Export(RunContext run, IDecoderModel model, string folder, string stage, ModelQuantization? quantization = null) =>
        OnnxExporter.Fill(model, folder, run.Dense.Tokenizer, new LayerReport(run.Progress, stage, model.Config.Layers.Count), quantization);

    private sealed class LayerReport(IProgressReport progress, string stage, int layers) : IProgress<int>
    {
        public void Report(int value) => progress.Report(stage, value, layers);
    }
}
