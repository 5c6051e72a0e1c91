namespace ForgePrune.Model;

/// <summary>The parameter counts of a decoder, computed from its shape. They equal what its weight files hold.</summary>
/// <param name="Total">All stored parameters; a tied head counts once.</param>
/// <param name="Prunable">The weights of q, k, v, o, gate, up, down and the router, without biases and norms: what pruning can remove.</param>
/// <param name="Head">The parameters of the output head, tied or not.</param>
/// <param name="LargestLayer">The parameters of the largest layer.</param>
public sealed record ModelSize(long Total, long Prunable, long Head, long LargestLayer)
{
    /// <summary>The counts of a config.</summary>
    public static ModelSize Of(ModelConfig config)
    {
        long prunable = 0, total = Outside(config), largest = 0;
        for (var index = 0; index < config.Layers.Count; index++)
        {
            var (layer, kind) = (config.Layers[index], config.MlpOf(index));
            var all = Attention(config, layer.KvHeads, layer.QueryHeads) + Mlp(config, kind, layer.Ffn);
            prunable += AttentionWeights(config, layer.KvHeads, layer.QueryHeads) + MlpWeights(config, kind, layer.Ffn);
            total += all;
            largest = Math.Max(largest, all);
        }

        return new ModelSize(total, prunable, (long)config.VocabSize * config.HiddenSize, largest);
    }

    /// <summary>The parameters outside of the layers: embedding, final norm, and the head where it is not tied.</summary>
    public static long Outside(ModelConfig config) => (long)config.VocabSize * config.HiddenSize * (config.TiedEmbeddings ? 1 : 2) + config.HiddenSize;

    /// <summary>The weights of q, k, v and o: 2·hidden·headDim·(queryHeads + kvHeads).</summary>
    public static long AttentionWeights(ModelConfig config, int kvHeads, int queryHeads) => 2L * config.HiddenSize * config.HeadDim * (queryHeads + kvHeads);

    /// <summary>The weights of gate, up and down, 3·hidden·ffn, and of a router, hidden·experts.</summary>
    /// <exception cref="ArgumentException">Some layers have experts and others have none.</exception>
    public static long MlpWeights(ModelConfig config, int ffn) => MlpWeights(config, config.OneMlpKind, ffn);

    internal static long MlpWeights(ModelConfig config, MlpKind kind, int ffn) => config.HiddenSize * ((3L * ffn) + kind.Experts(ffn));

    /// <summary>The parameters of an attention block with its norms and biases; 0 for no heads.</summary>
    public static long Attention(ModelConfig config, int kvHeads, int queryHeads) => kvHeads == 0 ? 0 : AttentionWeights(config, kvHeads, queryHeads)
        + BlockNormWeights(config)
        + (config.QkvBias ? (queryHeads + 2L * kvHeads) * config.HeadDim : 0)
        + (config.OutputBias ? config.HiddenSize : 0)
        + (config.QkNorm ? config.HeadNormWidth(queryHeads) + (long)config.HeadNormWidth(kvHeads) : 0);

    /// <summary>The parameters of an MLP block with its norm and biases; 0 for no channels.</summary>
    /// <exception cref="ArgumentException">Some layers have experts and others have none.</exception>
    public static long Mlp(ModelConfig config, int ffn) => Mlp(config, config.OneMlpKind, ffn);

    internal static long Mlp(ModelConfig config, MlpKind kind, int ffn) => ffn == 0 ? 0 : MlpWeights(config, kind, ffn)
        + BlockNormWeights(config)
        + (config.GateUpBias ? 2L * ffn : 0)
        + (config.DownBias ? config.HiddenSize : 0);

    private static long BlockNormWeights(ModelConfig config) => (config.Norms == BlockNorms.Around ? 2L : 1) * config.HiddenSize;
}
