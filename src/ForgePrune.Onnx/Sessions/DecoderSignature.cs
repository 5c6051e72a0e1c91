using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ForgePrune.Onnx.Sessions;

/// <summary>One layer's KV cache: its number, shape and element type, and its names.</summary>
internal readonly record struct CacheShape(
    int Layer, int KvHeads, int HeadDim, TensorElementType Type, string PastKey, string PastValue, string PresentKey, string PresentValue);

/// <summary>What a decoder's graph says about itself, by the names of its folder.</summary>
/// <param name="VocabSize">Width of the logits.</param>
/// <param name="LastLogitsOnly">Logits of the last token read only; else of all.</param>
/// <param name="Caches">Layers with attention, ascending.</param>
internal sealed record DecoderSignature(int VocabSize, bool LastLogitsOnly, IReadOnlyList<CacheShape> Caches)
{
    public required DecoderFolder Folder { get; init; }

    /// <summary>Element type of the logits.</summary>
    public required TensorElementType LogitsType { get; init; }

    /// <summary>Element types and dimensions of the inputs of whole numbers that the graph has, by name.</summary>
    public required IReadOnlyDictionary<string, (TensorElementType Type, int[] Dims)> WholeInputs { get; init; }

    internal static DecoderSignature Of(InferenceSession session, DecoderFolder folder)
    {
        var inputs = session.InputMetadata;
        string[] whole = [.. new[] { folder.Ids, folder.Mask, folder.Positions, folder.LastIndex, folder.TotalLength }.Where(inputs.ContainsKey)];
        // Where new tokens end in the cache is told by the mask or by lengths; a graph with neither reads it off the caches' own length.
        if (!whole.Contains(folder.Ids) || (!whole.Contains(folder.Mask) && !whole.Contains(folder.TotalLength) && folder.SharesBuffers))
            throw SessionErrors.NotADecoder(folder.File, $"inputs {folder.Ids} and {folder.Mask}");
        if (!session.OutputMetadata.TryGetValue(folder.Logits, out var logits) || logits.Dimensions is not [_, _, var width]
            || (width > 0 ? width : folder.VocabSize) is not > 0 and not null)
            throw SessionErrors.NotADecoder(folder.File, $"an output {folder.Logits} with a static vocabulary");
        RequireFloats(folder, folder.Logits, logits, allowBFloat16: false);
        var (begin, end) = Parts(folder.PastKey);
        var caches = inputs.Keys.Select(name => Layer(name, begin, end)).OfType<int>().Order().Select(layer => Cache(session, folder, layer)).ToArray();
        foreach (var name in whole)
            RequireWhole(folder, name, inputs[name]);
        HashSet<string> known = [.. whole, .. caches.SelectMany(cache => new[] { cache.PastKey, cache.PastValue })];
        return inputs.Keys.FirstOrDefault(name => !known.Contains(name)) is { } unknown
            ? throw SessionErrors.UnknownInput(folder.File, unknown)
            : new DecoderSignature(width > 0 ? width : folder.VocabSize!.Value, logits.Dimensions[1] == 1, caches)
            {
                Folder = folder,
                LogitsType = logits.ElementDataType,
                WholeInputs = whole.ToDictionary(name => name, name => (inputs[name].ElementDataType, inputs[name].Dimensions)),
            };
    }

    /// <summary>Whether a step can be told its length by values alone, at addresses and in shapes that stay.</summary>
    /// <exception cref="Errors.BadInputException">It cannot.</exception>
    internal void RequireStatic()
    {
        if (!Folder.SharesBuffers)
            throw SessionErrors.CannotCapture(Folder.File, "makes longer caches at every call");
        if (!WholeInputs.ContainsKey(Folder.Mask) || WholeInputs.ContainsKey(Folder.LastIndex) || WholeInputs.ContainsKey(Folder.TotalLength))
            throw SessionErrors.CannotCapture(Folder.File, "reads lengths from the host, which a graph would keep");
    }

    private static CacheShape Cache(InferenceSession session, DecoderFolder folder, int layer)
    {
        string[] past = [Name(folder.PastKey, layer), Name(folder.PastValue, layer)];
        string[] present = [Name(folder.PresentKey, layer), Name(folder.PresentValue, layer)];
        if (!session.InputMetadata.ContainsKey(past[1]))
            throw SessionErrors.NotADecoder(folder.File, $"an input {past[1]}");
        if (present.FirstOrDefault(name => !session.OutputMetadata.ContainsKey(name)) is { } absent)
            throw SessionErrors.NotADecoder(folder.File, $"an output {absent}");
        var key = session.InputMetadata[past[0]];
        if (key.Dimensions is not [_, var heads, _, var width] || (heads > 0 ? heads : folder.KvHeads) is not (> 0 and { } kvHeads)
            || (width > 0 ? width : folder.HeadDim) is not (> 0 and { } headDim))
            throw SessionErrors.NotADecoder(folder.File, $"a static head count and width in {past[0]}");
        RequireFloats(folder, past[0], key, allowBFloat16: true);
        return new CacheShape(layer, kvHeads, headDim, key.ElementDataType, past[0], past[1], present[0], present[1]);
    }

    private static void RequireFloats(DecoderFolder folder, string name, NodeMetadata of, bool allowBFloat16)
    {
        if (of.ElementDataType is not (TensorElementType.Float or TensorElementType.Float16)
            && !(allowBFloat16 && of.ElementDataType == TensorElementType.BFloat16))
            throw SessionErrors.ElementType(folder.File, name, of.ElementDataType.ToString());
    }

    private static void RequireWhole(DecoderFolder folder, string name, NodeMetadata of)
    {
        if (of.ElementDataType is not (TensorElementType.Int32 or TensorElementType.Int64))
            throw SessionErrors.ElementType(folder.File, name, of.ElementDataType.ToString());
    }

    private static string Name(string pattern, int layer) => pattern.Replace("%d", layer.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static (string Begin, string End) Parts(string pattern) =>
        pattern.IndexOf("%d", StringComparison.Ordinal) is >= 0 and var at ? (pattern[..at], pattern[(at + 2)..]) : (pattern, "");

    /// <returns>Null where the name is none of a cache.</returns>
    private static int? Layer(string name, string begin, string end) =>
        name.Length > begin.Length + end.Length && name.StartsWith(begin, StringComparison.Ordinal) && name.EndsWith(end, StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(begin.Length, name.Length - begin.Length - end.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var layer)
            ? layer : null;
}
