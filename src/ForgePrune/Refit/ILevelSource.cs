using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>The weights of any level, computed when they are needed: kept rows and columns are gathered, output projections are refitted.</summary>
public interface ILevelSource
{
    /// <summary>Whether pruned blocks have a bias after the output projection even where the dense ones have none.</summary>
    bool AddsOutputBias => false;

    /// <summary>Whether blocks that keep everything differ from the dense ones too.</summary>
    bool RefitsWhole => false;

    /// <summary>The attention block of <paramref name="layer"/> with the heads of <paramref name="shape"/>; null for no heads.</summary>
    AttentionWeights? Attention(int layer, LayerShape shape);

    /// <summary>The MLP block of <paramref name="layer"/> with the channels of <paramref name="shape"/>; null for no channels.</summary>
    MlpWeights? Mlp(int layer, LayerShape shape);
}
