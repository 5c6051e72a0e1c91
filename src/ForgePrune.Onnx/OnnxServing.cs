using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Latency;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Providers;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Timing;
using ForgePrune.Quantization;
using ForgePrune.Serving;

namespace ForgePrune.Onnx;

/// <summary>ONNX Runtime on the processor or on a GPU.</summary>
public sealed class OnnxServing : IServingRuntime
{
    private readonly OnnxFloat type;
    private readonly BlockPlace blocks;
    private readonly Lazy<string?> forwardPass;

    /// <param name="type">Of weights, activations and KV cache of what is exported.</param>
    /// <param name="blocks">Where single blocks run; null for float32 on the processor, and for a GPU in the type of what is exported.</param>
    internal OnnxServing(ServingProvider provider, OnnxFloat type, BlockPlace? blocks = null)
    {
        (Provider, this.type) = (provider, type);
        this.blocks = blocks ?? (provider == ServingProvider.Cpu ? BlockPlace.Processor : new(provider, type));
        forwardPass = new(() => this.blocks is { Provider.CudaIndex: null, Type: OnnxFloat.F32 } ? null : $"in {BlockErrors.Called(this.blocks.Type)} on "
            // Products of another GPU's libraries have other last bits.
            + (this.blocks.Provider.CudaIndex is { } index ? $"cuda ({GpuConditions.Ask(index)?.Name ?? "unknown"})" : "cpu"));
    }

    /// <summary>ONNX Runtime with its CPU execution provider.</summary>
    public static OnnxServing Cpu { get; } = new(ServingProvider.Cpu, OnnxFloat.F32);

    /// <inheritdoc/>
    public ServingProvider Provider { get; }

    /// <inheritdoc/>
    public double ExportRounding => type switch
    {
        OnnxFloat.F16 => 1.0 / (1 << 11),
        OnnxFloat.BF16 => 1.0 / (1 << 8),
        _ => 0,
    };

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
    public IBlockRunner Runner(ModelConfig config, int threads, bool keepsMemory = true) =>
        new OrtBlockRunner(config, threads, keepsMemory, blocks, Provider == ServingProvider.Cpu ? null : Provider);

    string? IServingRuntime.ForwardPass => forwardPass.Value;

    LentMemory? IServingRuntime.Lends => blocks.Lends;

    PassMemory? IServingRuntime.PlanMemory(ModelConfig config, int heads) => blocks.Free() is { } free ? PassNeed.Of(config, blocks, heads, free) : null;

    IBlockRunner IServingRuntime.ExactRunner(ModelConfig config, int threads) => new OrtBlockRunner(config, threads);

    /// <summary>ONNX Runtime with its CUDA execution provider. Exports are float16, which is what its attention takes, and so are the blocks of
    /// <see cref="Runner"/> apart from their residual stream; <see cref="On"/> also gives bfloat16.</summary>
    /// <param name="index">Number of the GPU, from 0.</param>
    /// <exception cref="BrokenEnvironmentException">This build has no CUDA provider, or the machine lacks a driver, a GPU or a library for it.</exception>
    public static OnnxServing Cuda(int index = 0) => On(ServingProvider.Cuda(index));

    /// <summary>ONNX Runtime on a provider.</summary>
    /// <exception cref="BrokenEnvironmentException">The machine lacks what it needs.</exception>
    public static OnnxServing On(ServingProvider provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        if (provider.CudaIndex is not { } index)
            return Cpu;
        CudaProvider.Require(index);
        return new OnnxServing(provider, provider.BFloat16 ? OnnxFloat.BF16 : OnnxFloat.F16);
    }

    /// <inheritdoc/>
    public void Export(IDecoderModel model, string folder, TokenizerSource? tokenizer, IProgress<int>? progress = null,
        ModelQuantization? quantization = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (Provider != ServingProvider.Cpu && model.Config.HasExperts)
        {
            throw new BadInputException(
                $"exports for {Provider} are {BlockErrors.Called(type)}, and experts are written in float32 only; set `Provider` to cpu");
        }
        if (Provider.CudaGraph)
            ExportErrors.ThrowIfNotStatic(model.Config);
        if (type == OnnxFloat.F16)
            ExportErrors.ThrowIfBeyondHalf(model);
        OnnxExporter.Fill(model, folder, tokenizer, progress, quantization, new OnnxExportOptions { Float = type, Static = Provider.CudaGraph });
    }

    /// <inheritdoc/>
    public bool IsExported(string path) =>
        path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) || DecoderFolder.Holds(path);

    /// <inheritdoc/>
    public IServedDecoder Open(string path, int threads) => OnnxDecoder.Open(path, threads, Provider);

    /// <inheritdoc/>
    /// <remarks>On the processor, whatever the provider: it is what the provider's own products are compared with.</remarks>
    public IServedDecoder OpenExact(string folder, int threads) => OnnxDecoder.OpenExact(folder, threads);

    /// <inheritdoc/>
    public ExportedFacts ReadFacts(string path)
    {
        var folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        return new ExportedFacts(ExportedTokenizer.Find(folder), GenAiConfig.ReadEnds(folder), GenAiConfig.ReadPositions(folder));
    }

    /// <inheritdoc/>
    public LatencyTable Measure(ModelConfig config, LevelGrid grid, TimingSettings settings, IProgress<double>? progress = null) =>
        LatencyMeasurer.Measure(config, grid, settings, progress: progress, served: new ServedAs(Provider, type));

    /// <inheritdoc/>
    public string? Conditions() => Provider.CudaIndex is { } index ? GpuConditions.Ask(index)?.ToString() : null;

    /// <inheritdoc/>
    public string? TokenizerFault(string folder) => GenAiTokenizer.Fault(folder);
}
