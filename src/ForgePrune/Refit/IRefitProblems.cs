using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>The least squares that output projections are refitted by, over all columns of the dense block.</summary>
internal interface IRefitProblems
{
    /// <summary>Whether blocks that keep everything are refitted too.</summary>
    bool RefitsWhole { get; }

    RefitProblem Attention(int layer, AttentionWeights dense);

    RefitProblem Mlp(int layer, MlpWeights dense);

    /// <summary>The same of one expert's down_proj, over its own channels.</summary>
    /// <param name="down">hidden × width.</param>
    RefitProblem Expert(int layer, int expert, Matrix down);
}
