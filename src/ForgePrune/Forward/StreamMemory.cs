using ForgePrune.Model;

namespace ForgePrune.Forward;

/// <summary>How much memory residual streams take on their way through the layers of a model, for choosing how many windows run at once.</summary>
public static class StreamMemory
{
    /// <summary>Bytes for one window of <paramref name="tokens"/> tokens with <paramref name="streams"/> different streams: every stream
    /// before and after a block, and one block's inside (projections, attention scores and their softmax).</summary>
    public static long PerWindow(ModelConfig config, int tokens, int streams)
    {
        long queries = config.Layers.Max(layer => layer.QueryHeads);
        long ffn = config.Layers.Max(layer => layer.Ffn);
        long residual = 2L * streams * tokens * config.HiddenSize;
        long attention = tokens * (5 * queries * config.HeadDim + config.HiddenSize) + 2 * queries * tokens * tokens;
        long mlp = tokens * (4 * ffn + config.HiddenSize);
        return sizeof(float) * (residual + Math.Max(attention, mlp));
    }
}
