using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Latency;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Quantization;

namespace ForgePrune.Serving;

/// <summary>The runtime that pruned models are written for: it runs single blocks while a model is pruned, writes whole models, and runs and times them
/// as their users will.</summary>
public interface IServingRuntime
{
    /// <summary>The runtime's name, as manifests and summaries record it.</summary>
    string Name { get; }

    /// <summary>The version of the runtime's library, as manifests and summaries record it.</summary>
    string Version { get; }

    /// <summary>What exported models run on, and blocks of <see cref="Runner"/>.</summary>
    ServingProvider Provider => ServingProvider.Cpu;

    /// <summary>The largest relative error of one rounding in an export that <see cref="Export"/> writes: 2^-11 of float16, 2^-8 of bfloat16; 0 of float32, where it is beyond
    /// what comparisons ask for.</summary>
    double ExportRounding => 0;

    /// <summary>The number that changes when <see cref="Export"/> writes the same model to other bytes.</summary>
    StageFormat ExportFormat { get; }

    /// <summary>The number that changes when <see cref="Measure"/> would time the same machine to another result.</summary>
    StageFormat LatencyFormat { get; }

    /// <summary>The beginning of the names of the files that hold graph and weights in an exported folder.</summary>
    string ModelFile { get; }

    /// <summary>Opens a runner of single blocks.</summary>
    /// <param name="config">The dense model's; the runner also runs every shape pruned from it.</param>
    /// <param name="threads">Threads of one operator, at least 1.</param>
    /// <param name="keepsMemory">Whether memory that one call needed is kept for the next.</param>
    IBlockRunner Runner(ModelConfig config, int threads, bool keepsMemory = true);

    /// <summary>What forward passes of <see cref="Runner"/> are where they are not those of the processor in float32, such as "in float16 on cuda": it
    /// decides bits. Null on the processor.</summary>
    internal string? ForwardPass => null;

    /// <summary>The memory in which <see cref="Runner"/> leaves activations, where another device may read them; null where that is the host's.</summary>
    internal LentMemory? Lends => null;

    /// <summary>What blocks and predictions of <see cref="Runner"/> take of a GPU's memory, looked at before any work.</summary>
    /// <param name="config">The dense model's.</param>
    /// <param name="heads">How many output heads are compared.</param>
    /// <returns>Null where the memory is the processor's.</returns>
    /// <exception cref="BrokenEnvironmentException">Something of it does not fit.</exception>
    internal PassMemory? PlanMemory(ModelConfig config, int heads) => null;

    /// <summary>Opens a runner of single blocks that computes in float32 on the processor, whatever the provider: for comparisons that ask for more than
    /// fewer bits give.</summary>
    /// <inheritdoc cref="Runner"/>
    internal IBlockRunner ExactRunner(ModelConfig config, int threads) => Runner(config, threads);

    /// <summary>Writes a model into an existing empty folder.</summary>
    /// <param name="model">Read once, layer by layer.</param>
    /// <param name="folder">The folder to fill.</param>
    /// <param name="tokenizer">The tokenizer that is taken along; null for none.</param>
    /// <param name="progress">Told the number of layers written.</param>
    /// <param name="quantization">How projections and head are quantized; null stores float32.</param>
    /// <exception cref="BadInputException">The runtime cannot express the model.</exception>
    void Export(IDecoderModel model, string folder, TokenizerSource? tokenizer, IProgress<int>? progress = null, ModelQuantization? quantization = null);

    /// <summary>Whether <paramref name="path"/> is a model that this runtime exported, not a checkpoint.</summary>
    bool IsExported(string path);

    /// <summary>Loads an exported model.</summary>
    /// <param name="path">An exported folder or its model file.</param>
    /// <param name="threads">Threads that one call may use, at least 1.</param>
    /// <exception cref="BadInputException">The file is missing, or is no decoder with a KV cache.</exception>
    IServedDecoder Open(string path, int threads);

    /// <summary>Loads a quantized export with its codes multiplied in float32: the reference for its own, faster products.</summary>
    /// <inheritdoc cref="Open"/>
    IServedDecoder OpenExact(string folder, int threads);

    /// <summary>What lies beside an exported model's graph.</summary>
    /// <param name="path">An exported folder or its model file.</param>
    /// <exception cref="BadInputException">A file beside the model is damaged.</exception>
    ExportedFacts ReadFacts(string path);

    /// <summary>Times every level of a grid on this machine, or reads what was measured before under the same settings.</summary>
    /// <param name="config">The dense model's.</param>
    /// <param name="grid">The levels to time.</param>
    /// <param name="settings">The use that is timed.</param>
    /// <param name="progress">Told the share that is done, 0 to 1.</param>
    /// <returns>Seconds of every level, prefill and decode apart.</returns>
    LatencyTable Measure(ModelConfig config, LevelGrid grid, TimingSettings settings, IProgress<double>? progress = null);

    /// <summary>The present state of what exported models run on, as far as it decides times and can be asked: driver, clocks, and what holds them
    /// down.</summary>
    /// <returns>One line; null where nothing is known, as of a processor.</returns>
    string? Conditions() => null;

    /// <summary>Compares the runtime's own reading of an exported tokenizer with ours.</summary>
    /// <returns>One sentence on what a client of the folder has to know; null where there is no tokenizer or both agree.</returns>
    string? TokenizerFault(string folder);
}

/// <summary>What lies beside an exported model's graph.</summary>
/// <param name="TokenizerFile">The path of the tokenizer's definition; null where there is none.</param>
/// <param name="EosTokenIds">Ids that end a text; none where the folder names none.</param>
/// <param name="Positions">Most tokens of a sequence; null where the folder does not say.</param>
public sealed record ExportedFacts(string? TokenizerFile, IReadOnlyList<int> EosTokenIds, int? Positions);
