namespace ForgePrune.Model;

/// <summary>Counts of a decoder's parameters, from its shape alone.</summary>
/// <param name="Total">All stored values; a tied head counts once.</param>
/// <param name="Prunable">q, k, v, o, gate, up and down, without biases and norms: what pruning can take.</param>
/// <param name="Head">The output head, tied or not.</param>
/// <param name="LargestLayer">The largest layer.</param>
public sealed record ModelSize(long Total, long Prunable, long Head, long LargestLayer)
{
    public static ModelSize Of(ModelConfig config)
    {
        long prunable = 0, total = 0, largest = 0;
        foreach (var layer in config.Layers)
        {
            var matrices = Matrices(config, layer);
            var all = matrices + Vectors(config, layer);
            prunable += matrices;
            total += all;
            largest = Math.Max(largest, all);
        }

        var head = (long)config.VocabSize * config.HiddenSize;
        total += head * (config.TiedEmbeddings ? 1 : 2) + config.HiddenSize;
        return new ModelSize(total, prunable, head, largest);
    }

    private static long Matrices(ModelConfig config, LayerShape layer) =>
        config.HiddenSize * (2L * (layer.QueryHeads + layer.KvHeads) * config.HeadDim + 3L * layer.Ffn);

    private static long Vectors(ModelConfig config, LayerShape layer)
    {
        // Both norms are stored even where a block is gone.
        var count = 2L * config.HiddenSize;
        if (layer.HasAttention)
        {
            count += config.QkvBias ? (layer.QueryHeads + 2L * layer.KvHeads) * config.HeadDim : 0;
            count += config.OutputBias ? config.HiddenSize : 0;
            count += config.QkNorm ? 2L * config.HeadDim : 0;
        }

        if (layer.HasMlp)
            count += (config.GateUpBias ? 2L * layer.Ffn : 0) + (config.DownBias ? config.HiddenSize : 0);
        return count;
    }
}
