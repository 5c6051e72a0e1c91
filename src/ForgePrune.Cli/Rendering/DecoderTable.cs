using ForgePrune.IO;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Reports;
using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

/// <summary>What is known of a decoder in an ONNX folder.</summary>
internal static class DecoderTable
{
    public static void Show(IAnsiConsole console, DecoderInspection facts) => Facts.Show(console,
    [
        ("format", $"ONNX decoder, {facts.Graph}"),
        ("type", facts.Type),
        ("layers", facts.Refused is null ? $"{Format.Count(facts.Layers.Count)} with attention" : null),
        ("KV heads", Each(facts, layer => layer.KvHeads)),
        ("head width", Each(facts, layer => layer.HeadDim)),
        ("vocabulary", facts.VocabSize is { } vocabulary ? Format.Count(vocabulary) : null),
        ("positions", facts.Positions is { } positions ? Format.Count(positions) : null),
        ("logits", facts.Logits is { } logits ? $"{logits}, of {(facts.LastLogitsOnly ? "the last token" : "all tokens")}" : null),
        ("caches", facts.Caches is { } caches ? $"{caches}, {(facts.SharesBuffers ? "grow within their buffers" : "made anew by every call")}" : null),
        .. facts.Codes.Select(codes => ("codes", (string?)$"{codes}")),
        ("weights", Bytes.Show(facts.Bytes)),
        ("ends", facts.Ends.Count == 0 ? "none named" : string.Join(", ", facts.Ends)),
        ("tokenizer", facts.Tokenizer ?? "none beside the model"),
        ("read by", facts.Refused is { } why ? $"nothing here: {why}"
            : $"{(facts.LastLogitsOnly ? "" : "eval, ")}generate, bench; prune and export want the checkpoint"),
    ]);

    /// <summary>One number where all layers agree; else those of every layer.</summary>
    private static string? Each(DecoderInspection facts, Func<CacheFacts, int> of) => facts.Layers.Count == 0 ? null
        : string.Join(", ", facts.Layers.Select(of).Distinct().Count() == 1 ? [of(facts.Layers[0])] : facts.Layers.Select(of));
}
