using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>The second moments of a final refit for every block, over all columns of the dense block. Any level of any block can be refitted from them
/// on the activations of that pruned network. Memory: hidden·cols + cols² float64 values per block.</summary>
public sealed class StreamMoments : IRefitProblems
{
    private readonly Dictionary<string, TargetMoments> blocks = [];
    private readonly bool affine;

    /// <summary>Empty moments, which a final refit with these options fills.</summary>
    public StreamMoments(FinalRefitOptions options) => affine = options.Affine;

    bool IRefitProblems.RefitsWhole => true;

    internal void Keep(string block, TargetMoments moments) => blocks.Add(block, moments);

    RefitProblem IRefitProblems.Attention(int layer, AttentionWeights dense) =>
        blocks[RefitStep.AttentionName(layer)].Problem(dense.Output, dense.OutputBias, Damping.Default, affine);

    RefitProblem IRefitProblems.Mlp(int layer, MlpWeights dense) =>
        blocks[RefitStep.MlpName(layer)].Problem(dense.Down, dense.DownBias, Damping.Default, affine);
}
