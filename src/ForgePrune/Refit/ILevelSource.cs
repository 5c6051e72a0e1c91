using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>Makes the weights of any level when they are needed: kept rows and columns gathered, output projections refitted.</summary>
public interface ILevelSource
{
    /// <summary>Pruned blocks carry a bias after the output projection, whether or not the dense ones do.</summary>
    bool AddsOutputBias => false;

    /// <summary>Blocks that keep everything differ from the dense ones too.</summary>
    bool RefitsWhole => false;

    /// <summary>The attention block of <paramref name="layer"/> with the heads of <paramref name="shape"/>; null when it keeps none.</summary>
    AttentionWeights? Attention(int layer, LayerShape shape);

    /// <summary>The MLP block of <paramref name="layer"/> with the channels of <paramref name="shape"/>; null when it keeps none.</summary>
    MlpWeights? Mlp(int layer, LayerShape shape);
}
