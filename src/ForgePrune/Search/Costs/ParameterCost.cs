using ForgePrune.Model;

namespace ForgePrune.Search.Costs;

/// <summary>All parameters that a file of the plan holds, embedding, head (unless tied), norms and biases included: <see cref="ModelSize"/>.</summary>
/// <param name="config">With the biases of what is written, those that a refit adds included.</param>
public sealed class ParameterCost(ModelConfig config) : ICostModel
{
    public double Fixed { get; } = ModelSize.Outside(config);

    public double Attention(AttentionLevel level) => ModelSize.Attention(config, level.KvHeads, level.QueryHeads);

    public double Mlp(int ffn) => ModelSize.Mlp(config, ffn);
}
