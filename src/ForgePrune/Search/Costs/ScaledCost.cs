using ForgePrune.Model;

namespace ForgePrune.Search.Costs;

/// <summary>The costs of another cost model times one factor.</summary>
/// <param name="inner">The other cost model.</param>
/// <param name="factor">The factor.</param>
public class ScaledCost(ICostModel inner, double factor) : ICostModel
{
    /// <inheritdoc/>
    public double Fixed => factor * inner.Fixed;

    /// <inheritdoc/>
    public double Attention(AttentionLevel level) => factor * inner.Attention(level);

    /// <inheritdoc/>
    public double Mlp(int ffn) => factor * inner.Mlp(ffn);

    /// <inheritdoc/>
    public double Mlp(int ffn, int expertWidth) => factor * inner.Mlp(ffn, expertWidth);
}

/// <summary>The bytes of all parameters in a float32 file; a tied head is stored once.</summary>
/// <param name="config">The shape of the dense model.</param>
public sealed class ByteCost(Model.ModelConfig config) : ScaledCost(new ParameterCost(config), sizeof(float));
