using ForgePrune.Onnx.Export;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Sessions;

/// <summary>One layer's KV cache: its number in the names, and its static shape.</summary>
internal readonly record struct CacheShape(int Layer, int KvHeads, int HeadDim);

/// <summary>What a decoder's graph says about itself.</summary>
/// <param name="VocabSize">Width of the logits.</param>
/// <param name="LastLogitsOnly">Logits of the last token read only, as a made model for timing has them; else of all.</param>
/// <param name="Caches">Layers with attention, ascending.</param>
internal sealed record DecoderSignature(int VocabSize, bool LastLogitsOnly, IReadOnlyList<CacheShape> Caches)
{
    internal static DecoderSignature Of(InferenceSession session, string file)
    {
        if (!session.InputMetadata.ContainsKey("input_ids") || !session.InputMetadata.ContainsKey("attention_mask"))
            throw SessionErrors.NotADecoder(file, "inputs input_ids and attention_mask");
        if (!session.OutputMetadata.TryGetValue("logits", out var logits) || logits.Dimensions is not [_, _, > 0])
            throw SessionErrors.NotADecoder(file, "an output logits with a static vocabulary");
        var caches = new List<CacheShape>();
        foreach (var (name, input) in session.InputMetadata)
        {
            if (!name.StartsWith(CacheNames.Past, StringComparison.Ordinal) || !name.EndsWith(".key", StringComparison.Ordinal))
                continue;
            if (!int.TryParse(name[CacheNames.Past.Length..^".key".Length], out var layer) || input.Dimensions is not [_, > 0, _, > 0])
                throw SessionErrors.NotADecoder(file, $"a static head count and width in {name}");
            caches.Add(new CacheShape(layer, input.Dimensions[1], input.Dimensions[3]));
        }
        return new DecoderSignature(logits.Dimensions[2], logits.Dimensions[1] == 1, [.. caches.OrderBy(cache => cache.Layer)]);
    }
}
