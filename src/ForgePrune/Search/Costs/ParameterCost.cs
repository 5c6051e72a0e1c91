using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Search.Costs;

/// <summary>All parameters: dense embedding, head (unless tied), norms and biases included. A removed block takes its norm along.</summary>
public sealed class ParameterCost(ModelConfig config) : ICostModel
{
    private readonly PrunableCost weights = new(config);

    public double Fixed { get; } = (double)config.VocabSize * config.HiddenSize * (config.TiedEmbeddings ? 1 : 2) + config.HiddenSize;

    public double Attention(AttentionLevel level)
    {
        if (level.KvHeads == 0)
            return 0;
        var extra = (double)config.HiddenSize;
        if (config.QkvBias)
            extra += config.HeadDim * ((double)level.QueryHeads + 2 * level.KvHeads);
        if (config.OutputBias)
            extra += config.HiddenSize;
        if (config.QkNorm)
            extra += 2 * config.HeadDim;
        return weights.Attention(level) + extra;
    }

    public double Mlp(int ffn)
    {
        if (ffn == 0)
            return 0;
        var extra = (double)config.HiddenSize;
        if (config.GateUpBias)
            extra += 2.0 * ffn;
        if (config.DownBias)
            extra += config.HiddenSize;
        return weights.Mlp(ffn) + extra;
    }
}
