using ForgePrune.Model;

namespace ForgePrune.Search.Costs;

/// <summary>Another model's costs times one factor.</summary>
public class ScaledCost(ICostModel inner, double factor) : ICostModel
{
    public double Fixed => factor * inner.Fixed;

    public double Attention(AttentionLevel level) => factor * inner.Attention(level);

    public double Mlp(int ffn) => factor * inner.Mlp(ffn);
}

/// <summary>Bytes of the weights as a float32 file stores them; a tied head is stored once.</summary>
public sealed class ByteCost(Model.ModelConfig config) : ScaledCost(new ParameterCost(config), sizeof(float));
