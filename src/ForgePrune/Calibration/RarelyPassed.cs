using System.Globalization;
using ForgePrune.Model;

namespace ForgePrune.Calibration;

/// <summary>Experts that saw too little text for their saliency to mean much.</summary>
internal static class RarelyPassed
{
    /// <summary>The standard error of a mean of so many norms is a tenth of their spread: what lies closer together than that is not told apart.</summary>
    private const int Few = 100;

    private const int MostNamed = 5;

    /// <summary>The fewest tokens that say something of an expert of so many channels: a Gram of fewer tokens than columns has not their rank.</summary>
    public static int Fewest(int width) => Math.Max(Few, width);

    /// <summary>One sentence that names them; null where there are none. Experts are as wide in all layers.</summary>
    public static string? Note(ModelConfig config, GramFolder text)
    {
        int[] layers = [.. Enumerable.Range(0, config.Layers.Count).Where(layer => config.MlpOf(layer).IsRouted && config.Layers[layer].HasMlp)];
        var width = layers.Select(layer => config.MlpOf(layer).ExpertWidth).DefaultIfEmpty().Max();
        var few = Fewest(width);
        var rare = layers.SelectMany(layer => text.Experts(layer, config.MlpOf(layer).Experts(config.Layers[layer].Ffn)).Routed
                .Select((tokens, expert) => (Layer: layer, Expert: expert, Tokens: tokens)))
            .Where(expert => expert.Tokens < few).OrderBy(expert => expert.Tokens).ToArray();
        if (rare.Length == 0)
            return null;
        var named = rare.Take(MostNamed).Select(expert => $"layer {expert.Layer} expert {expert.Expert} {expert.Tokens:N0}");
        return string.Create(CultureInfo.InvariantCulture,
            $"{rare.Length:N0} experts saw fewer than {few:N0} tokens of the text, which says little of them ({string.Join(", ", named)}"
            + $"{(rare.Length > MostNamed ? ", …" : "")}); an expert that fewer tokens passed than it has channels ({width:N0}) is fitted to tokens, too, "
            + $"that the router would send it next; more text says more (`Tokens`)");
    }
}
