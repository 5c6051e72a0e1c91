using ForgePrune.Checkpoints;
using ForgePrune.IO;
using ForgePrune.Memory;
using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Quantization;

namespace ForgePrune.Onnx.Export;

/// <summary>Writes a decoder as a folder that ONNX Runtime and ONNX Runtime GenAI load unmodified: <c>model.onnx</c>, its weights in
/// <c>model.onnx.data</c>, <c>genai_config.json</c> and the tokenizer's files. Float32, float16 or bfloat16, or projections and head in codes of a few
/// bits.</summary>
/// <remarks>Weights are always external data: one path for all sizes, written in one pass with one layer in memory, and a model file that
/// can be read by eye. The folder is written under another name and renamed when it is complete.</remarks>
public static class OnnxExporter
{
    /// <summary>Changes when the same model is written to other bytes, its companions included.</summary>
    public static StageFormat Format { get; } = new("export", 1);

    /// <summary>Name of the file with the graph.</summary>
    public const string ModelFile = "model.onnx";

    /// <summary>Name of the file with the weights, beside the graph.</summary>
    public const string DataFile = "model.onnx.data";

    /// <param name="model">Read once, layer by layer.</param>
    /// <param name="folder">Must not exist: nothing is overwritten.</param>
    /// <param name="tokenizer">Taken along, converted where it is llama2.c's table. Without one the folder still runs, on token ids.</param>
    /// <param name="progress">Told the number of layers written.</param>
    /// <param name="quantization">How projections and head are quantised; null stores them in the type of <paramref name="options"/>.</param>
    /// <param name="options">What the export is made for; null for the defaults.</param>
    /// <exception cref="Errors.BadInputException">The folder exists, or the model cannot be expressed.</exception>
    /// <exception cref="Errors.BrokenEnvironmentException">The disk is full or read-only.</exception>
    public static void Write(IDecoderModel model, string folder, TokenizerSource? tokenizer, IProgress<int>? progress = null,
        ModelQuantization? quantization = null, OnnxExportOptions? options = null)
    {
        ExportErrors.ThrowIfHeadDimUnfit(model.Config);
        ExportErrors.ThrowIfExpertsUnfit(model.Config, quantization is not null, options?.Float ?? OnnxFloat.F32);
        if (options is { Float: OnnxFloat.F16 })
            ExportErrors.ThrowIfBeyondHalf(model);
        NewFolder.Write(folder, unfinished => Fill(model, unfinished, tokenizer, progress, quantization, options));
    }

    /// <summary>The same into an empty folder that the caller makes appear, as a stage of a run does.</summary>
    internal static void Fill(IDecoderModel model, string folder, TokenizerSource? tokenizer, IProgress<int>? progress = null,
        ModelQuantization? quantization = null, OnnxExportOptions? options = null)
    {
        ExportErrors.ThrowIfHeadDimUnfit(model.Config);
        ExportErrors.ThrowIfExpertsUnfit(model.Config, quantization is not null, options?.Float ?? OnnxFloat.F32);
        WriteModel(model, folder, options ?? new(), progress, quantization);
        File.WriteAllBytes(Path.Combine(folder, GenAiConfig.FileName), GenAiConfig.Of(model.Config));
        ExportedTokenizer.Write(tokenizer, model.Config.VocabSize, folder);
    }

    internal static void WriteModel(
        IDecoderModel model, string folder, OnnxExportOptions options, IProgress<int>? progress = null, ModelQuantization? quantization = null)
    {
        byte[] bytes;
        using (var data = new ExternalData(Path.Combine(folder, DataFile)))
        {
            var builder = new DecoderGraphBuilder(model.Config, data, options,
                quantization is { RoundsActivations: false } ? AccuracyLevel.Exact : AccuracyLevel.Fast);
            var (tied, head) = (model.Config.TiedEmbeddings, quantization?.Head(model));
            builder.Begin(model.ReadEmbedding(), tied ? head : null);
            for (var layer = 0; layer < model.Config.Layers.Count; layer++)
            {
                var weights = model.ReadLayer(layer);
                builder.Layer(layer, weights, quantization?.Layers.Quantize(layer, weights));
                LargeArrays.Settle();
                progress?.Report(layer + 1);
            }
            builder.End(model.ReadFinalNorm(), tied ? null : model.ReadHead(), head);
            bytes = builder.ToBytes();
        }
        File.WriteAllBytes(Path.Combine(folder, ModelFile), bytes);
    }
}
