using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>The least squares that output projections are refitted by, over all columns of the dense block.</summary>
internal interface IRefitProblems
{
    /// <summary>Whether blocks that keep everything are refitted too.</summary>
    bool RefitsWhole { get; }

    RefitProblem Attention(int layer, AttentionWeights dense);

    RefitProblem Mlp(int layer, MlpWeights dense);
}
