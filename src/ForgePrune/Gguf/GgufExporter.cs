using ForgePrune.Checkpoints;
using ForgePrune.Gguf.Container;
using ForgePrune.Gguf.Layers;
using ForgePrune.Gguf.Vocabulary;
using ForgePrune.IO;
using ForgePrune.Model;
using ForgePrune.Quantization;

namespace ForgePrune.Gguf;

/// <summary>Writes a decoder as a GGUF file, which llama.cpp and what is built on it load unmodified. Layers may differ: see the documentation page
/// "exits" for the architecture that each model is written as.</summary>
/// <remarks>The file is written in one pass with one layer in memory, in a folder that appears by rename when it is complete.</remarks>
public static class GgufExporter
{
    /// <summary>Changes when the same model is written to other bytes.</summary>
    public static StageFormat Format { get; } = new("gguf", 1);

    /// <summary>The name of the file in its folder.</summary>
    public const string ModelFile = "model.gguf";

    /// <summary>Writes a model into a new folder.</summary>
    /// <param name="model">Read once, layer by layer.</param>
    /// <param name="folder">Must not exist: nothing is overwritten.</param>
    /// <param name="tokenizer">Becomes part of the file. Without one the file runs on token ids.</param>
    /// <param name="type">How matrices are stored.</param>
    /// <param name="codes">Finds symmetric codes of four or eight bits, as the type has them, in blocks of 32; null rounds to nearest.</param>
    /// <param name="progress">Told the number of layers read.</param>
    /// <param name="threads">The largest number of threads that round; 0 for all processors. The file does not depend on it.</param>
    /// <returns>What was written, and what the file cannot say.</returns>
    /// <exception cref="Errors.BadInputException">The folder exists, or llama.cpp cannot express the model or its tokenizer.</exception>
    /// <exception cref="Errors.BrokenEnvironmentException">The disk is full or read-only.</exception>
    public static GgufFacts Write(IDecoderModel model, string folder, TokenizerSource? tokenizer, GgufType type = GgufType.F32,
        ILayerQuantizer? codes = null, IProgress<int>? progress = null, int threads = 0)
    {
        GgufFacts? facts = null;
        NewFolder.Write(folder, unfinished => facts = Fill(model, unfinished, tokenizer, type, codes, progress, threads));
        return facts!;
    }

    /// <summary>The same into an empty folder that the caller makes appear, as a stage of a run does.</summary>
    internal static GgufFacts Fill(IDecoderModel model, string folder, TokenizerSource? tokenizer, GgufType type, ILayerQuantizer? codes = null,
        IProgress<int>? progress = null, int threads = 0)
    {
        var (config, notes, keys) = (model.Config, new List<string>(), new GgufMetadata());
        var architecture = GgufArchitecture.Of(config);
        var layers = PackedLayer.Of(config, architecture);
        Require(config, type, codes, layers, notes);
        new ArchitectureKeys(keys, config, architecture, layers).Add(type);
        VocabularyKeys.Add(keys, tokenizer, config, notes.Add);
        var factors = architecture.Multiplies ? null : new FoldedFactors(config, architecture);
        var source = new LayerSource(model, codes, progress, factors);
        FileTensor[] tensors = [.. new TensorList(factors?.Of(model) ?? model, architecture, type, source, threads).Of(layers)];
        using var writer = new GgufWriter(Path.Combine(folder, ModelFile), keys, [.. tensors.Select(tensor => tensor.Tensor)]);
        foreach (var tensor in tensors)
            writer.Write(tensor.Write);
        writer.End();
        return new GgufFacts(architecture.Name, notes);
    }

    /// <summary>Refuses what cannot be written, before work that is to end in a file.</summary>
    /// <param name="layersDiffer">Whether the layers will, whatever the config says.</param>
    /// <exception cref="Errors.BadInputException">llama.cpp cannot express the model or its tokenizer.</exception>
    internal static void RequireExpressible(ModelConfig config, TokenizerSource? tokenizer, GgufType type, bool layersDiffer = false)
    {
        GgufArchitecture.Of(layersDiffer ? config with
        {
            Layers = [default, .. config.Layers],
            Attention = [default, .. config.Attention],
            Mlp = [default, .. config.Mlp],
        } : config);
        RequireBlocks(config, type);
        VocabularyKeys.Add(new GgufMetadata(), tokenizer, config, _ => { });
    }

    private static void Require(ModelConfig config, GgufType type, ILayerQuantizer? codes, IReadOnlyList<PackedLayer> layers, List<string> notes)
    {
        RequireBlocks(config, type);
        if (GgufTypes.Codes(type) is null)
        {
            if (codes is not null)
                throw new ArgumentException($"{GgufTypes.Name(type)} has no codes", nameof(codes));
            return;
        }

        if (codes is null)
            notes.Add($"without a text, {GgufTypes.Name(type)} is rounded to nearest; give `Calibration` for error feedback (GPTQ), which loses less");
        var odd = layers.Where(layer => layer.Attention is not null && layer.Shape.QueryHeads * config.HeadDim % GgmlTypes.Block != 0).Count();
        if (odd > 0)
            notes.Add($"o_proj of {odd} layers stays float16, since its rows are no whole blocks of {GgmlTypes.Block}");
    }

    private static void RequireBlocks(ModelConfig config, GgufType type)
    {
        if (GgufTypes.Codes(type) is not null && config.HiddenSize % GgmlTypes.Block != 0)
            throw GgufErrors.OddHidden(config.HiddenSize, type);
    }
}

/// <summary>What a GGUF file holds.</summary>
/// <param name="Architecture">The architecture of llama.cpp: its family's own or llama, or deci or openelm where layers differ.</param>
/// <param name="Notes">What the file cannot say, and where it falls short of what was asked; one sentence each.</param>
public sealed record GgufFacts(string Architecture, IReadOnlyList<string> Notes);
