namespace ForgePrune.Model;

/// <summary>The parameter counts of a decoder, computed from its shape. They equal what its weight files hold.</summary>
/// <param name="Total">All stored parameters; a tied head counts once.</param>
/// <param name="Prunable">The weights of q, k, v, o, gate, up and down, without biases and norms: what pruning can remove.</param>
/// <param name="Head">The parameters of the output head, tied or not.</param>
/// <param name="LargestLayer">The parameters of the largest layer.</param>
public sealed record ModelSize(long Total, long Prunable, long Head, long LargestLayer)
{
    /// <summary>The counts of a config.</summary>
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

    /// <summary>The parameters outside of the layers: embedding, final norm, and the head where it is not tied.</summary>
    public static long Outside(ModelConfig config) => (long)config.VocabSize * config.HiddenSize * (config.TiedEmbeddings ? 1 : 2) + config.HiddenSize;

    /// <summary>The weights of q, k, v and o: 2·hidden·headDim·(queryHeads + kvHeads).</summary>
    public static long AttentionWeights(ModelConfig config, int kvHeads, int queryHeads) => 2L * config.HiddenSize * config.HeadDim * (queryHeads + kvHeads);

    /// <summary>The weights of gate, up and down: 3·hidden·ffn.</summary>
    public static long MlpWeights(ModelConfig config, int ffn) => 3L * config.HiddenSize * ffn;

    /// <summary>The parameters of an attention block with its norms and biases; 0 for no heads.</summary>
    public static long Attention(ModelConfig config, int kvHeads, int queryHeads) => kvHeads == 0 ? 0 : AttentionWeights(config, kvHeads, queryHeads)
        + BlockNormWeights(config)
        + (config.QkvBias ? (queryHeads + 2L * kvHeads) * config.HeadDim : 0)
        + (config.OutputBias ? config.HiddenSize : 0)
        + (config.QkNorm ? config.HeadNormWidth(queryHeads) + (long)config.HeadNormWidth(kvHeads) : 0);

    /// <summary>The parameters of an MLP block with its norm and biases; 0 for no channels.</summary>
    public static long Mlp(ModelConfig config, int ffn) => ffn == 0 ? 0 : MlpWeights(config, ffn)
        + BlockNormWeights(config)
        + (config.GateUpBias ? 2L * ffn : 0)
        + (config.DownBias ? config.HiddenSize : 0);

    private static long BlockNormWeights(ModelConfig config) => (config.Norms == BlockNorms.Around ? 2L : 1) * config.HiddenSize;
}
