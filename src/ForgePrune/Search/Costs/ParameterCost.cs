using ForgePrune.Model;

namespace ForgePrune.Search.Costs;

/// <summary>The number of all parameters: embedding, head (unless tied), projections, norms and biases, as <see cref="ModelSize"/> counts them.</summary>
/// <param name="config">The shape of the dense model, with the biases that the pruned model will have, including those that a refit adds.</param>
public sealed class ParameterCost(ModelConfig config) : ICostModel
{
    /// <inheritdoc/>
    public double Fixed { get; } = ModelSize.Outside(config);

    /// <inheritdoc/>
    public double Attention(AttentionLevel level) => ModelSize.Attention(config, level.KvHeads, level.QueryHeads);

    /// <inheritdoc/>
    public double Mlp(int ffn) => ModelSize.Mlp(config, ffn);

    /// <inheritdoc/>
    public double Mlp(int ffn, int expertWidth) => ModelSize.Mlp(config, config.OneMlpKind.Narrowed(expertWidth), ffn);
}
