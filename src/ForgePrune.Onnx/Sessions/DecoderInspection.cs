using ForgePrune.Errors;
using ForgePrune.Onnx.Graphs;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ForgePrune.Onnx.Sessions;

/// <summary>What is known of a decoder in an ONNX folder, whoever wrote it: what its config says, and what its graph says about itself.</summary>
/// <param name="Graph">The graph's file.</param>
/// <param name="Type">What the config calls the model; null where it does not say, as all below.</param>
/// <param name="Positions">Most tokens of a sequence.</param>
/// <param name="Ends">Ids that end a text.</param>
/// <param name="Tokenizer">The file of its tokenizer.</param>
/// <param name="Bytes">Of the graph and of the weights beside it.</param>
/// <param name="SharesBuffers">Whether the caches grow within their buffers; else each call makes longer ones.</param>
/// <param name="Codes">Weights of few bits.</param>
internal sealed record DecoderInspection(
    string Graph, string? Type, int? Positions, IReadOnlyList<int> Ends, string? Tokenizer, long Bytes, bool SharesBuffers, IReadOnlyList<CodeFacts> Codes)
{
    /// <summary>Why ForgePrune does not run the graph, which then tells nothing more; null where it does.</summary>
    public string? Refused { get; init; }

    public int? VocabSize { get; init; }

    /// <summary>Element type of the logits.</summary>
    public string? Logits { get; init; }

    public bool LastLogitsOnly { get; init; }

    /// <summary>Element type of the caches.</summary>
    public string? Caches { get; init; }

    /// <summary>KV heads and their width in each layer with attention.</summary>
    public IReadOnlyList<CacheFacts> Layers { get; init; } = [];

    /// <summary>Null where a path holds no ONNX decoder, or a checkpoint as well.</summary>
    /// <exception cref="BadInputException">The graph is missing, or the config is damaged or of no single decoder.</exception>
    public static DecoderInspection? Of(string path)
    {
        if (!OnnxServing.Cpu.IsExported(path) || (Directory.Exists(path) && Directory.EnumerateFiles(path, "*.safetensors").Any()))
            return null;
        var folder = DecoderFolder.Of(path);
        if (!File.Exists(folder.File))
            throw SessionErrors.Missing(folder.File);
        var facts = OnnxServing.Cpu.ReadFacts(path);
        var known = new DecoderInspection(Path.GetFileName(folder.File), folder.Type, facts.Positions, facts.EosTokenIds,
            facts.TokenizerFile is { } file ? Path.GetFileName(file) : null, BytesOf(folder.File), folder.SharesBuffers, CodeFacts.Of(folder.File));
        try
        {
            using var decoder = OnnxDecoder.Open(path, threads: 1);
            return known.With(decoder.Signature);
        }
        catch (BadInputException fault)
        {
            return known with { Refused = fault.Message };
        }
    }

    private DecoderInspection With(DecoderSignature signature) => this with
    {
        VocabSize = signature.VocabSize,
        Logits = Name(signature.LogitsType),
        LastLogitsOnly = signature.LastLogitsOnly,
        Caches = signature.Caches.Count == 0 ? null : string.Join(" and ", signature.Caches.Select(cache => Name(cache.Type)).Distinct()),
        Layers = [.. signature.Caches.Select(cache => new CacheFacts(cache.Layer, cache.KvHeads, cache.HeadDim))],
    };

    private static string Name(TensorElementType type) => type == TensorElementType.Float ? "float32" : type.ToString().ToLowerInvariant();

    // Weights beside a graph are called model.onnx.data or model.onnx_data, with more behind that where they are cut.
    private static long BytesOf(string graph) => new FileInfo(graph).Length + Directory.EnumerateFiles(Path.GetDirectoryName(graph)!)
        .Where(file => file.EndsWith(".data", StringComparison.Ordinal) || Path.GetFileName(file).Contains(".onnx_data", StringComparison.Ordinal))
        .Sum(file => new FileInfo(file).Length);
}

/// <param name="Layer">Its number, from 0.</param>
internal sealed record CacheFacts(int Layer, int KvHeads, int HeadDim);
