using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>The output projection of a pruned block.</summary>
internal interface IOutputProjections
{
    bool AddsBias { get; }

    /// <summary>Whether blocks that keep everything get another projection too.</summary>
    bool RefitsWhole => false;

    /// <param name="heads">Kept query heads, ascending.</param>
    Projection Attention(int layer, AttentionWeights dense, IReadOnlyList<int> heads);

    /// <param name="channels">Kept channels, ascending: those that the layer's order keeps at this width.</param>
    Projection Mlp(int layer, MlpWeights dense, IReadOnlyList<int> channels);
}
