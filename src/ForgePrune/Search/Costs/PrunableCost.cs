using ForgePrune.Model;

namespace ForgePrune.Search.Costs;

/// <summary>Weights of q, k, v, o, gate, up and down: no biases, norms, embedding or head.</summary>
public sealed class PrunableCost(ModelConfig config) : ICostModel
{
    public double Fixed => 0;

    public double Attention(AttentionLevel level) => ModelSize.AttentionWeights(config, level.KvHeads, level.QueryHeads);

    public double Mlp(int ffn) => ModelSize.MlpWeights(config, ffn);
}
