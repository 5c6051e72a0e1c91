using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Forward;

/// <summary>The memory that residual streams take in the forward pass, from which the number of windows that run at once follows.</summary>
internal static class StreamMemory
{
    /// <summary>Bytes for one window of <paramref name="tokens"/> tokens with <paramref name="streams"/> different streams: every stream
    /// before and after a block, and one block's inside (projections, attention scores and their softmax).</summary>
    public static long PerWindow(ModelConfig config, int tokens, int streams)
    {
        long queries = config.Layers.Max(layer => layer.QueryHeads);
        long residual = 2L * streams * tokens * config.HiddenSize;
        long attention = tokens * (5 * queries * config.HeadDim + config.HiddenSize) + 2 * queries * tokens * tokens;
        long mlp = Enumerable.Range(0, config.Layers.Count).Max(layer => config.MlpOf(layer) is { IsRouted: true } kind
            ? Routed(config, kind, config.Layers[layer].Ffn, tokens)
            : tokens * ((4L * config.Layers[layer].Ffn) + config.HiddenSize));
        return sizeof(float) * (residual + Math.Max(attention, mlp));
    }

    /// <summary>Values inside a block of experts: what the router says, the sum of what is added, and one expert with at most all tokens.</summary>
    private static long Routed(ModelConfig config, MlpKind kind, int ffn, int tokens) =>
        tokens * ((5L * config.HiddenSize) + (2L * kind.ExpertWidth) + (2L * kind.Experts(ffn)) + (3L * kind.PerToken));

    /// <summary>Bytes of one stream of all windows between two blocks.</summary>
    public static long Residual(ModelConfig config, TokenWindows windows) => sizeof(float) * windows.TokenCount * config.HiddenSize;
}
