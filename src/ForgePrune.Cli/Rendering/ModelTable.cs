using ForgePrune.Cli.Engine;
using ForgePrune.IO;
using ForgePrune.Reports;
using Spectre.Console;

namespace ForgePrune.Cli.Rendering;

internal static class ModelTable
{
    public static void Show(IAnsiConsole console, ModelFacts facts)
    {
        if (facts.Support is { Refused: { } why } known)
        {
            Facts.Show(console, [("family", facts.Family), ("special", known.Special), ("read", $"no: {why}"), ("prunes", "nothing of it")]);
            return;
        }

        Facts.Show(console,
        [
            ("family", facts.Family),
            ("part", facts.LeftOut),
            ("special", facts.Support is { Special.Length: > 0 } special ? special.Special : null),
            ("prunes", facts.Support is { } support ? $"heads: {support.Heads}, FFN channels: {support.Ffn}, blocks: {support.Blocks}" : null),
            ("GGUF", facts.Support is { } file ? $"equal layers; unequal: {file.Gguf}" : null),
            ("attention", facts.Attention),
            ("experts", facts.Experts),
            ("factors", facts.Factors),
            ("layers", Format.Count(facts.Layers.Count)),
            ("hidden size", Format.Count(facts.HiddenSize)),
            ("head width", Format.Count(facts.HeadDim)),
            ("vocabulary", Format.Count(facts.VocabSize)),
            ("positions", Format.Count(facts.MaxPositions)),
            ("rope", $"theta {Format.Number(facts.RopeTheta, "0.##")}{(facts.RopeScaling is null ? "" : ", " + facts.RopeScaling)}"),
            ("parameters", Format.Count(facts.Parameters)),
            ("prunable", $"{Format.Count(facts.Prunable)} ({Format.Share((double)facts.Prunable / facts.Parameters)})"),
            ("output head", $"{Format.Share(facts.HeadShare)} of the parameters, {(facts.TiedEmbeddings ? "tied to the embedding" : "not tied")}"),
            ("weights", Bytes.Show(facts.Bytes)),
            ("tokenizer", facts.Tokenizer ?? "none beside the model"),
        ]);
        LayerTable.Show(console, [.. facts.Layers.Select(layer => (layer.KvGroups, layer.QueryHeads, layer.Ffn, layer.Experts))]);
    }
}
