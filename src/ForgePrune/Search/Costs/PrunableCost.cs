using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Search.Costs;

/// <summary>Weights of q, k, v, o, gate, up and down: no biases, norms, embedding or head.</summary>
public sealed class PrunableCost(ModelConfig config) : ICostModel
{
    private readonly double hidden = config.HiddenSize;
    private readonly double headDim = config.HeadDim;

    public double Fixed => 0;

    public double Attention(AttentionLevel level) => 2 * hidden * headDim * ((double)level.QueryHeads + level.KvHeads);

    public double Mlp(int ffn) => 3 * hidden * ffn;
}
