using ForgePrune.Checkpoints;
using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Latency;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Timing;
using ForgePrune.Quantization;
using ForgePrune.Serving;

namespace ForgePrune.Onnx;

/// <summary>ONNX Runtime on the processor.</summary>
public sealed class OnnxServing : IServingRuntime
{
    private OnnxServing()
    {
    }

    /// <summary>ONNX Runtime with its CPU execution provider.</summary>
    public static OnnxServing Cpu { get; } = new();

    /// <inheritdoc/>
    public string Name => "onnxruntime";

    /// <inheritdoc/>
    public string Version => OnnxLibraries.RuntimeVersion;

    /// <inheritdoc/>
    public StageFormat ExportFormat => OnnxExporter.Format;

    /// <inheritdoc/>
    public StageFormat LatencyFormat => LatencyMeasurer.Format;

    /// <inheritdoc/>
    public string ModelFile => OnnxExporter.ModelFile;

    /// <inheritdoc/>
    public IBlockRunner Runner(ModelConfig config, int threads, bool keepsMemory = true) => new OrtBlockRunner(config, threads, keepsMemory);

    /// <inheritdoc/>
    public void Export(IDecoderModel model, string folder, TokenizerSource? tokenizer, IProgress<int>? progress = null,
        ModelQuantization? quantization = null) =>
        OnnxExporter.Fill(model, folder, tokenizer, progress, quantization);

    /// <inheritdoc/>
    public bool IsExported(string path) =>
        path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) || DecoderFolder.Holds(path);

    /// <inheritdoc/>
    public IServedDecoder Open(string path, int threads) => OnnxDecoder.Open(path, threads);

    /// <inheritdoc/>
    public IServedDecoder OpenExact(string folder, int threads) => OnnxDecoder.OpenExact(folder, threads);

    /// <inheritdoc/>
    public ExportedFacts ReadFacts(string path)
    {
        var folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        return new ExportedFacts(ExportedTokenizer.Find(folder), GenAiConfig.ReadEnds(folder), GenAiConfig.ReadPositions(folder));
    }

    /// <inheritdoc/>
    public LatencyTable Measure(ModelConfig config, LevelGrid grid, TimingSettings settings, IProgress<double>? progress = null) =>
        LatencyMeasurer.Measure(config, grid, settings, progress: progress);

    /// <inheritdoc/>
    public string? TokenizerFault(string folder) => GenAiTokenizer.Fault(folder);
}
