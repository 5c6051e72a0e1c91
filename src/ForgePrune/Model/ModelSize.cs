namespace ForgePrune.Model;

/// <summary>Counts of a decoder's parameters, from its shape alone: what <see cref="TensorLayout"/> lists, and what its files hold. Costs of plans count by
/// the same blocks.</summary>
/// <param name="Total">All stored values; a tied head counts once.</param>
/// <param name="Prunable">q, k, v, o, gate, up and down, without biases and norms: what pruning can take.</param>
/// <param name="Head">The output head, tied or not.</param>
/// <param name="LargestLayer">The largest layer.</param>
public sealed record ModelSize(long Total, long Prunable, long Head, long LargestLayer)
{
    public static ModelSize Of(ModelConfig config)
    {
        long prunable = 0, total = Outside(config), largest = 0;
        foreach (var layer in config.Layers)
        {
            var all = Attention(config, layer.KvHeads, layer.QueryHeads) + Mlp(config, layer.Ffn);
            prunable += AttentionWeights(config, layer.KvHeads, layer.QueryHeads) + MlpWeights(config, layer.Ffn);
            total += all;
            largest = Math.Max(largest, all);
        }

        return new ModelSize(total, prunable, (long)config.VocabSize * config.HiddenSize, largest);
    }

    /// <summary>What lies outside of the layers: embedding, final norm, and the head where it is not tied.</summary>
    public static long Outside(ModelConfig config) => (long)config.VocabSize * config.HiddenSize * (config.TiedEmbeddings ? 1 : 2) + config.HiddenSize;

    /// <summary>Weights of q, k, v and o.</summary>
    public static long AttentionWeights(ModelConfig config, int kvHeads, int queryHeads) => 2L * config.HiddenSize * config.HeadDim * (queryHeads + kvHeads);

    /// <summary>Weights of gate, up and down.</summary>
    public static long MlpWeights(ModelConfig config, int ffn) => 3L * config.HiddenSize * ffn;

    /// <summary>An attention block with its norms and biases; 0 where it is gone.</summary>
    public static long Attention(ModelConfig config, int kvHeads, int queryHeads) => kvHeads == 0 ? 0 : AttentionWeights(config, kvHeads, queryHeads)
        + config.HiddenSize
        + (config.QkvBias ? (queryHeads + 2L * kvHeads) * config.HeadDim : 0)
        + (config.OutputBias ? config.HiddenSize : 0)
        + (config.QkNorm ? 2L * config.HeadDim : 0);

    /// <summary>An MLP block with its norm and biases; 0 where it is gone.</summary>
    public static long Mlp(ModelConfig config, int ffn) => ffn == 0 ? 0 : MlpWeights(config, ffn)
        + config.HiddenSize
        + (config.GateUpBias ? 2L * ffn : 0)
        + (config.DownBias ? config.HiddenSize : 0);
}
