using ForgePrune.Model;

namespace ForgePrune.Search.Costs;

/// <summary>The number of weights of q, k, v, o, gate, up and down, without biases, norms, embedding and head.</summary>
/// <param name="config">The shape of the dense model.</param>
public sealed class PrunableCost(ModelConfig config) : ICostModel
{
    /// <inheritdoc/>
    public double Fixed => 0;

    /// <inheritdoc/>
    public double Attention(AttentionLevel level) => ModelSize.AttentionWeights(config, level.KvHeads, level.QueryHeads);

    /// <inheritdoc/>
    public double Mlp(int ffn) => ModelSize.MlpWeights(config, ffn);

    /// <inheritdoc/>
    public double Mlp(int ffn, int expertWidth) => ModelSize.MlpWeights(config, config.OneMlpKind.Narrowed(expertWidth), ffn);
}
